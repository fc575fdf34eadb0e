//! hCaptcha: a service elsewhere, which may be slow or away.

use std::time::Duration;

use anyhow::{Context, ensure};
use futures::FutureExt;
use futures::future::BoxFuture;
use hcaptcha::{Client, Code, Error, Request};

use super::{Captcha, Challenge, Refusal};
use crate::ballot::Ballot;
use crate::options::{CaptchaArgs, Environment, Provider};
use voting_commons::adapters::secret::Secret;

/// How long hCaptcha may take to answer. The crate itself would wait for ever.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(3);
/// hCaptcha publishes these for tests: whoever uses them lets everyone pass.
const TEST_SITE_KEYS: [&str; 3] = [
    "10000000-ffff-ffff-ffff-000000000001",
    "20000000-ffff-ffff-ffff-000000000002",
    "30000000-ffff-ffff-ffff-000000000003",
];
const TEST_SECRET: &str = "0x0000000000000000000000000000000000000000";

/// Asks hCaptcha about each answer.
pub(super) struct Hcaptcha {
    client: Client,
    site_key: String,
    secret: Secret,
    /// The host that the widget must have been solved on.
    host: Option<String>,
}

impl Hcaptcha {
    pub(super) fn from_args(args: &CaptchaArgs, environment: Environment) -> anyhow::Result<Self> {
        let site_key = args.hcaptcha_site_key.clone().context("CAPTCHA=hcaptcha needs HCAPTCHA_SITE_KEY")?;
        let secret = args.hcaptcha_secret.clone().context("CAPTCHA=hcaptcha needs HCAPTCHA_SECRET")?;
        if environment == Environment::Production {
            ensure!(
                !TEST_SITE_KEYS.contains(&site_key.as_str()) && secret.reveal() != TEST_SECRET,
                "hCaptcha's published test keys let everyone pass and are refused in production"
            );
            ensure!(args.hcaptcha_host.is_some(), "CAPTCHA=hcaptcha needs HCAPTCHA_HOST in production");
        }
        // Each request would find out that these are malformed; better now.
        hcaptcha::Captcha::new("probe")
            .and_then(|mut probe| probe.set_sitekey(&site_key))
            .map_err(|_| anyhow::anyhow!("HCAPTCHA_SITE_KEY must be a UUID"))?;
        let client = Client::new_with(&args.hcaptcha_verify_url).context("HCAPTCHA_VERIFY_URL must be a URL")?;
        Ok(Self { client, site_key, secret, host: args.hcaptcha_host.clone() })
    }

    async fn verify(&self, answer: &str) -> Result<(), Refusal> {
        let request = self.request(answer).map_err(|_| Refusal::Failed)?;
        let verified = tokio::time::timeout(VERIFY_TIMEOUT, self.client.verify_request(request)).await;
        let response = match verified {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(refusal(&error)),
            Err(_) => {
                tracing::warn!("hCaptcha didn't answer in {VERIFY_TIMEOUT:?}");
                return Err(Refusal::Unavailable);
            }
        };
        let is_our_host = self.host.is_none() || response.hostname() == self.host;
        if response.success() && is_our_host { Ok(()) } else { Err(Refusal::Failed) }
    }

    fn request(&self, answer: &str) -> Result<Request, Error> {
        // hCaptcha compares the site key with the one that the answer was given for.
        let captcha = hcaptcha::Captcha::new(answer)?.set_sitekey(&self.site_key)?;
        Request::new(self.secret.reveal(), captcha)
    }
}

fn refusal(error: &Error) -> Refusal {
    let Error::Codes(codes) = error else {
        // The error's text could hold the request's URL, which holds no secret.
        tracing::warn!(%error, "hCaptcha can't be asked");
        return Refusal::Unavailable;
    };
    if codes.contains(&Code::InvalidAlreadySeen) {
        return Refusal::AlreadySeen;
    }
    if codes.contains(&Code::InvalidSecret) || codes.contains(&Code::MissingSecret) {
        tracing::error!("hCaptcha refuses our secret: see HCAPTCHA_SECRET");
        return Refusal::Unavailable;
    }
    Refusal::Failed
}

impl Captcha for Hcaptcha {
    fn provider(&self) -> Provider {
        Provider::Hcaptcha
    }

    fn challenge(&self, _: &Ballot) -> Challenge {
        Challenge::Hcaptcha { site_key: self.site_key.clone() }
    }

    fn check<'a>(&'a self, _: &'a Ballot, answer: &'a str) -> BoxFuture<'a, Result<(), Refusal>> {
        self.verify(answer).boxed()
    }
}
