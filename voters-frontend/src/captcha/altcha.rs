//! ALTCHA: proof of work, with no service but this one.
//!
//! The challenge carries the ballot's id in its signed data. It has no expiry of its own: the ballot has one.

use std::collections::BTreeMap;

use altcha::{CreateChallengeOptions, Payload, VerifySolutionOptions, create_challenge, verify_solution};
use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Captcha, Challenge, Refusal};
use crate::ballot::Ballot;
use crate::options::{CaptchaArgs, Provider};
use voting_commons::adapters::secret::Secret;

/// One hash per guess: checking costs microseconds, and the prefix alone decides what solving costs.
const ALGORITHM: &str = "SHA-256";
const COST: u32 = 1;
/// The shortest key that can't be guessed, in bytes.
const KEY_BYTES_MIN: usize = 16;
/// The longest prefix a phone could ever find, in hexadecimal digits.
const PREFIX_DIGITS_MAX: usize = 8;
/// Where the signed data names the ballot.
const BALLOT: &str = "ballot";

/// Signs challenges and checks solutions.
pub(super) struct Altcha {
    key: Secret,
    prefix: String,
}

impl Altcha {
    pub(super) fn from_args(args: &CaptchaArgs) -> anyhow::Result<Self> {
        let key = args.altcha_key.clone().context("CAPTCHA=altcha needs ALTCHA_KEY, the key that signs challenges")?;
        ensure!(key.reveal().len() >= KEY_BYTES_MIN, "ALTCHA_KEY must have at least {KEY_BYTES_MIN} characters");
        let prefix = args.altcha_prefix.clone();
        let is_hex = prefix.bytes().all(|digit| digit.is_ascii_hexdigit());
        ensure!(
            is_hex && (1..=PREFIX_DIGITS_MAX).contains(&prefix.len()),
            "ALTCHA_PREFIX must be 1 to {PREFIX_DIGITS_MAX} hexadecimal digits"
        );
        Ok(Self { key, prefix })
    }

    fn solves(&self, ballot: &Ballot, answer: &str) -> bool {
        let Some(payload) = read(answer) else { return false };
        let parameters = &payload.challenge.parameters;
        let names_ballot = parameters.data.as_ref().and_then(|data| data.get(BALLOT)?.as_str());
        if names_ballot != Some(ballot.id.to_string().as_str()) {
            return false;
        }
        let options = VerifySolutionOptions::new(&payload.challenge, &payload.solution, self.key.reveal());
        verify_solution(options).is_ok_and(|result| result.verified)
    }
}

/// What the widget sends: JSON in base64.
fn read(answer: &str) -> Option<Payload> {
    serde_json::from_slice(&STANDARD.decode(answer).ok()?).ok()
}

impl Captcha for Altcha {
    fn provider(&self) -> Provider {
        Provider::Altcha
    }

    fn challenge(&self, ballot: &Ballot) -> Challenge {
        let challenge = create_challenge(CreateChallengeOptions {
            algorithm: ALGORITHM.to_owned(),
            cost: COST,
            data: Some(BTreeMap::from([(BALLOT.to_owned(), ballot.id.to_string().into())])),
            hmac_signature_secret: Some(self.key.reveal().to_owned()),
            key_prefix: self.prefix.clone(),
            ..CreateChallengeOptions::default()
        });
        Challenge::Altcha { challenge: Box::new(challenge.expect("the prefix was checked to be hexadecimal")) }
    }

    fn check<'a>(&'a self, ballot: &'a Ballot, answer: &'a str) -> BoxFuture<'a, Result<(), Refusal>> {
        async move { if self.solves(ballot, answer) { Ok(()) } else { Err(Refusal::Failed) } }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ballot::Issuer;
    use altcha::{SolveChallengeOptions, solve_challenge};
    use voting_commons::{Shards, UnixMillis};

    fn altcha(key: &str) -> Altcha {
        Altcha { key: Secret::from(key.to_owned()), prefix: "0".to_owned() }
    }

    fn ballots() -> [Ballot; 2] {
        let issuer = Issuer::random();
        let now = UnixMillis(1_795_262_400_000);
        [(); 2].map(|()| issuer.issue(1.try_into().unwrap(), 2.try_into().unwrap(), Shards::ONE, now, 12).unwrap())
    }

    fn solve(altcha: &Altcha, ballot: &Ballot) -> String {
        let Challenge::Altcha { challenge } = altcha.challenge(ballot) else { panic!("another provider") };
        let solution = solve_challenge(SolveChallengeOptions::new(&challenge)).unwrap().unwrap();
        STANDARD.encode(serde_json::to_vec(&Payload { challenge: *challenge, solution }).unwrap())
    }

    #[test]
    fn a_solution_is_good_for_its_own_ballot_only() {
        let altcha = altcha("a key of the tests");
        let [mine, other] = ballots();
        let answer = solve(&altcha, &mine);
        assert!(altcha.solves(&mine, &answer));
        assert!(!altcha.solves(&other, &answer));
    }

    #[test]
    fn what_another_key_signed_is_no_solution() {
        let [ballot, _] = ballots();
        let answer = solve(&altcha("the key of another site"), &ballot);
        assert!(!altcha("a key of the tests").solves(&ballot, &answer));
    }

    #[test]
    fn anything_else_is_no_solution() {
        let [ballot, _] = ballots();
        for answer in ["", "e30=", "not base64", "bnVsbA=="] {
            assert!(!altcha("a key of the tests").solves(&ballot, answer), "{answer}");
        }
    }
}
