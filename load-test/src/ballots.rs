//! Votes ready to be cast: sealed here, or asked for as a browser does.

use std::sync::Arc;

use altcha::{Challenge, Payload, SolveChallengeOptions, solve_challenge};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::body::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use voters_frontend::ballot::{Ballot, Issuer};
use voters_frontend::problem::Problem;
use voters_frontend::seal::{Purpose, Sealer};
use voting_commons::adapters::secret::Secret;
use voting_commons::{ParedaoId, ParticipantId, Shards, UnixMillis};

use crate::connection::{Connection, Target};
use crate::deployment::Paredao;
use crate::options::DeploymentArgs;

const FOREIGN_KEYS: &str = "BALLOT_KEYS aren't the deployment's";
const ONLY_PEOPLE: &str = "the deployment asks hCaptcha, which only people solve";

/// Where votes come from.
pub enum Ballots {
    /// Ballots are sealed here.
    Sealed(Press),
    /// The deployment is asked for each.
    Asked(Paredao),
    /// They were made before, each to be cast once.
    Prepared(Vec<Bytes>),
}

/// Makes ballots with the deployment's key.
pub struct Press {
    issuer: Issuer,
    sealer: Sealer,
    partitions: i32,
    shards: Shards,
    id: ParedaoId,
    paredao: Paredao,
}

#[derive(Deserialize)]
struct BallotView {
    ballot: String,
    captcha: Captcha,
}

#[derive(Deserialize)]
#[serde(tag = "provider", rename_all = "lowercase")]
enum Captcha {
    Off,
    Altcha { challenge: Box<Challenge> },
    Hcaptcha {},
}

impl Ballots {
    /// Votes in `paredao`, as the arguments say.
    ///
    /// # Errors
    /// When the keys aren't the deployment's, or it asks for a captcha that can't be solved here: a ballot sealed here has none at
    /// all, and hCaptcha's only people solve.
    pub async fn new(args: &DeploymentArgs, paredao: &Paredao) -> Result<Self> {
        Ok(match &args.ballot_keys {
            Some(keys) => Self::Sealed(Press::without_captcha(args, keys, paredao).await?),
            None => {
                let mut connection = Connection::new(Arc::new(Target::new(&args.voters)?));
                if let Captcha::Hcaptcha {} = ask(paredao, 0, &mut connection).await?.captcha {
                    bail!("{ONLY_PEOPLE}");
                }
                Self::Asked(paredao.clone())
            }
        })
    }

    /// Makes sure that the deployment opens what the keys seal, if there are any. It is asked with a ballot that expired long
    /// ago, so that no paredão is needed and nothing can count.
    ///
    /// # Errors
    /// When they aren't the deployment's keys, or it doesn't answer.
    pub async fn check_keys(args: &DeploymentArgs) -> Result<()> {
        let Some(keys) = &args.ballot_keys else { return Ok(()) };
        let sealer = Sealer::parse(keys)?;
        let (paredao, participant) = (ParedaoId::try_from(1)?, ParticipantId::try_from(1)?);
        let expired = Issuer::random().issue(paredao, participant, Shards::ONE, UnixMillis(0), args.partitions);
        let ballot = sealer.seal(Purpose::Ballot, &expired.context("1970 has minutes")?);
        let mut connection = Connection::new(Arc::new(Target::new(&args.voters)?));
        let (_, answer) = connection.post("/api/v1/votes", json!({"ballot": ballot}).to_string().into()).await?;
        if String::from_utf8_lossy(&answer).contains(Problem::BallotForged.name()) {
            bail!("{FOREIGN_KEYS}");
        }
        Ok(())
    }

    /// The body of the vote numbered `index`. Participants take turns.
    ///
    /// # Errors
    /// When the deployment gives no ballot.
    pub async fn vote(&self, index: u64, connection: &mut Connection) -> Result<Bytes> {
        match self {
            Self::Sealed(press) => {
                let token = press.seal(&press.ballot(index)?);
                Ok(format!(r#"{{"ballot":"{token}"}}"#).into())
            }
            Self::Asked(paredao) => vote_asked_for(paredao, index, connection).await,
            Self::Prepared(votes) => {
                votes.get(usize::try_from(index)?).cloned().context("more votes are due than were prepared")
            }
        }
    }
}

impl Press {
    /// One with `keys`. A ballot that the deployment gives out shows that they are its own, and the paredão's number.
    ///
    /// # Errors
    /// When they aren't.
    pub async fn new(args: &DeploymentArgs, keys: &Secret, paredao: &Paredao) -> Result<Self> {
        Ok(Self::with_sample(args, keys, paredao).await?.0)
    }

    async fn without_captcha(args: &DeploymentArgs, keys: &Secret, paredao: &Paredao) -> Result<Self> {
        match Self::with_sample(args, keys, paredao).await? {
            (press, Captcha::Off) => Ok(press),
            _ => bail!("the deployment asks for a captcha: turn that off for the test, or leave out BALLOT_KEYS"),
        }
    }

    async fn with_sample(args: &DeploymentArgs, keys: &Secret, paredao: &Paredao) -> Result<(Self, Captcha)> {
        let sealer = Sealer::parse(keys)?;
        let mut connection = Connection::new(Arc::new(Target::new(&args.voters)?));
        let BallotView { ballot, captcha } = ask(paredao, 0, &mut connection).await?;
        let ballot: Ballot = sealer.open(Purpose::Ballot, &ballot).context(FOREIGN_KEYS)?;
        let press = Self {
            issuer: Issuer::random(),
            sealer,
            partitions: args.partitions,
            shards: args.shards,
            id: ballot.paredao,
            paredao: paredao.clone(),
        };
        Ok((press, captcha))
    }

    /// A new ballot. Participants take turns.
    ///
    /// # Errors
    /// When this machine's clock is outside the minutes that there are.
    pub fn ballot(&self, index: u64) -> Result<Ballot> {
        let (participant, now) = (self.paredao.participant(index), Timestamp::now().into());
        self.issuer
            .issue(self.id, participant, self.shards, now, self.partitions)
            .context("this machine's clock can't be right")
    }

    /// As a browser holds it.
    pub fn seal(&self, ballot: &Ballot) -> String {
        self.sealer.seal(Purpose::Ballot, ballot)
    }
}

async fn ask(paredao: &Paredao, index: u64, connection: &mut Connection) -> Result<BallotView> {
    let request = json!({"paredao": paredao.slug, "participant": paredao.participant(index)});
    let (status, answer) = connection.post("/api/v1/ballots", request.to_string().into()).await?;
    if status != StatusCode::CREATED {
        bail!("no ballot was given: {status}");
    }
    Ok(serde_json::from_slice(&answer)?)
}

async fn vote_asked_for(paredao: &Paredao, index: u64, connection: &mut Connection) -> Result<Bytes> {
    let BallotView { ballot, captcha } = ask(paredao, index, connection).await?;
    let captcha = match captcha {
        Captcha::Off => String::new(),
        Captcha::Altcha { challenge } => tokio::task::block_in_place(|| solve(*challenge))?,
        Captcha::Hcaptcha {} => bail!("{ONLY_PEOPLE}"),
    };
    Ok(json!({"ballot": ballot, "captcha": captcha}).to_string().into())
}

/// The answer to ALTCHA's `challenge`, as its widget sends it.
///
/// # Errors
/// When the challenge is malformed.
pub fn solve(challenge: Challenge) -> Result<String> {
    let solution = solve_challenge(SolveChallengeOptions::new(&challenge)).ok().flatten();
    let solution = solution.context("the proof of work has no solution")?;
    Ok(STANDARD.encode(serde_json::to_vec(&Payload { challenge, solution })?))
}
