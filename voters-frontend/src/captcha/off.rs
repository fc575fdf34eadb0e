//! No captcha, for load tests.

use anyhow::ensure;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Captcha, Challenge, Refusal};
use crate::ballot::Ballot;
use crate::options::{CaptchaArgs, Provider};

/// Lets everyone pass.
pub(super) struct Off;

impl Off {
    pub(super) fn from_args(args: &CaptchaArgs) -> anyhow::Result<Self> {
        ensure!(
            args.captcha_off_confirmed.as_deref() == Some("yes"),
            "CAPTCHA=off lets robots vote: say CAPTCHA_OFF_CONFIRMED=yes if that is what you want"
        );
        Ok(Self)
    }
}

impl Captcha for Off {
    fn provider(&self) -> Provider {
        Provider::Off
    }

    fn challenge(&self, _: &Ballot) -> Challenge {
        Challenge::Off
    }

    fn check<'a>(&'a self, _: &'a Ballot, _: &'a str) -> BoxFuture<'a, Result<(), Refusal>> {
        async { Ok(()) }.boxed()
    }
}
