//! Captchas: how a voter shows to be a person, bound to one ballot so that it buys exactly one vote.

mod altcha;
mod hcaptcha;
mod off;

use std::sync::Arc;

use futures::future::BoxFuture;
use serde::Serialize;

use crate::ballot::Ballot;
use crate::options::{CaptchaArgs, Environment, Provider};

/// What a page needs to show a captcha.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "provider", rename_all = "lowercase")]
pub enum Challenge {
    /// Proof of work, solved by our own widget.
    Altcha {
        /// What the widget solves.
        challenge: Box<::altcha::Challenge>,
    },
    /// hCaptcha's widget.
    Hcaptcha {
        /// Which site's.
        site_key: String,
    },
    /// None.
    Off,
}

/// Why an answer isn't accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is wrong, or for another ballot or site.
    Failed,
    /// It was right, and was used before.
    AlreadySeen,
    /// Nobody can tell now.
    Unavailable,
}

/// A provider of captchas.
pub trait Captcha: Send + Sync {
    /// Which one.
    fn provider(&self) -> Provider;

    /// What the voter of `ballot` has to solve.
    fn challenge(&self, ballot: &Ballot) -> Challenge;

    /// Whether `answer` solves what `ballot` was given.
    fn check<'a>(&'a self, ballot: &'a Ballot, answer: &'a str) -> BoxFuture<'a, Result<(), Refusal>>;
}

/// The provider that the arguments ask for.
///
/// # Errors
/// When an argument that it needs is missing or not acceptable, in one sentence.
pub fn from_args(args: &CaptchaArgs, environment: Environment) -> anyhow::Result<Arc<dyn Captcha>> {
    Ok(match args.captcha {
        Provider::Altcha => Arc::new(altcha::Altcha::from_args(args)?),
        Provider::Hcaptcha => Arc::new(hcaptcha::Hcaptcha::from_args(args, environment)?),
        Provider::Off => Arc::new(off::Off::from_args(args)?),
    })
}
