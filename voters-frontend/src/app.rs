//! What the service does for voters, whether they come through the API or the pages: it issues ballots and takes them.

use std::sync::Arc;
use std::time::Instant;

use axum_extra::extract::CookieJar;
use metrics::{counter, histogram};
use quick_cache::sync::Cache;
use voting_commons::adapters::traces::{Span, Traces};
use voting_commons::{BallotId, Minute, ParedaoId, ParticipantId, UnixMillis, Visibility, window};

use crate::ballot::{Ballot, Issuer};
use crate::captcha::{Captcha, Challenge, Refusal};
use crate::clock::Clock;
use crate::clock_watch::ClockWatch;
use crate::live::Live;
use crate::measures;
use crate::problem::{Error, Problem};
use crate::public_url::PublicUrl;
use crate::seal::{Purpose, Sealer, TOKEN_PREFIX};
use crate::share::SharePictures;
use crate::snapshot::{Paredao, Snapshot, SnapshotStore, Status};
use crate::visibility;
use crate::voted;
use crate::votes_log::VotesLog;

/// How many acknowledged ballots are remembered, about 100 bytes each.
pub(crate) const RECEIPTS_MAX: usize = 100_000;

/// Everything that a request may need.
pub struct App {
    /// The latest paredões.
    pub snapshot: Arc<SnapshotStore>,
    /// Where votes go.
    pub log: VotesLog,
    /// Seals ballots and passes.
    pub sealer: Sealer,
    /// How voters show to be people.
    pub captcha: Arc<dyn Captcha>,
    /// Numbers ballots.
    pub issuer: Issuer,
    /// Ballots that were acknowledged lately, so that a repeat isn't written again.
    pub receipts: Cache<BallotId, Receipt>,
    /// How long votes take.
    pub traces: Traces,
    /// The time of day.
    pub clock: Clock,
    /// Whether that time is right.
    pub clock_watch: Arc<ClockWatch>,
    /// The streams that follow paredões.
    pub live: Live,
    /// Whether cookies are for HTTPS only.
    pub cookie_secure: bool,
    /// Where the public reaches this service, if that was said.
    pub public_url: Option<PublicUrl>,
    /// The pictures of shared links.
    pub share_pictures: Arc<SharePictures>,
    /// The folder in which the pages find scripts and styles.
    pub assets: String,
}

/// A ballot that a voter has been given.
#[derive(Debug)]
pub struct IssuedBallot {
    /// The ballot.
    pub ballot: Ballot,
    /// The ballot, sealed.
    pub token: String,
    /// What the voter has to solve to cast it.
    pub challenge: Challenge,
}

/// What a voter is given for a vote that was stored. The same ballot always gets the same.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The ballot's id.
    pub ballot: BallotId,
    /// The paredão's number.
    pub paredao: ParedaoId,
    /// The paredão's name in addresses.
    pub slug: Arc<str>,
    /// Who was voted for.
    pub participant: ParticipantId,
    /// The minute in which it counts.
    pub minute: Minute,
}

impl App {
    /// The latest snapshot.
    ///
    /// # Errors
    /// Right after the start, when there is none.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, Problem> {
        self.snapshot.load().ok_or(Problem::Starting)
    }

    /// The paredão of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn paredao(&self, slug: &str) -> Result<Arc<Paredao>, Problem> {
        self.snapshot()?.by_slug(slug).map(Arc::clone).ok_or(Problem::ParedaoUnknown)
    }

    /// What keeps the browser with these cookies from being shown the percentages of `paredao` now; `None` when it is shown them.
    pub fn why_hidden(&self, paredao: &Paredao, cookies: &CookieJar) -> Option<Visibility> {
        visibility::why_hidden(paredao.visibility, paredao.status(self.clock.now()), self.has_voted(paredao, cookies))
    }

    /// Whether these cookies show a vote in `paredao`.
    pub fn has_voted(&self, paredao: &Paredao, cookies: &CookieJar) -> bool {
        voted::has_voted(&self.sealer, cookies, paredao.id, self.cookie_secure)
    }

    /// `cookies`, and the one that shows the vote of `receipt` where percentages are for those who have voted: elsewhere
    /// nobody reads it, and sealing takes time.
    pub fn with_voted(&self, cookies: CookieJar, receipt: &Receipt) -> CookieJar {
        let snapshot = self.snapshot.load();
        let paredao = snapshot.as_ref().and_then(|snapshot| snapshot.by_id(receipt.paredao));
        if paredao.is_some_and(|paredao| paredao.visibility == Visibility::AfterVoting) {
            return cookies.add(voted::cookie(&self.sealer, receipt.paredao, self.cookie_secure));
        }
        cookies
    }

    /// A ballot to vote for `participant` in the open paredão `slug`.
    ///
    /// # Errors
    /// When the paredão isn't open or the participant isn't in it.
    pub fn issue(&self, slug: &str, participant: ParticipantId) -> Result<IssuedBallot, Problem> {
        self.issue_any(slug, participant).inspect_err(|&problem| ballot_refused(problem))
    }

    fn issue_any(&self, slug: &str, participant: ParticipantId) -> Result<IssuedBallot, Problem> {
        let paredao = self.paredao(slug)?;
        let now = self.right_time()?;
        match paredao.status(now) {
            Status::Scheduled => return Err(self.by_time(Problem::ParedaoNotOpen)),
            Status::Closed => return Err(self.by_time(Problem::ParedaoClosed)),
            Status::Open => {}
        }
        paredao.participant(participant).ok_or(Problem::ParticipantForeign)?;
        let partitions = self.log.partitions().ok_or(Problem::VotesUnavailable)?;
        let ballot =
            self.issuer.issue(paredao.id, participant, paredao.shards, now, partitions).ok_or(Problem::ClockWrong)?;
        counter!(measures::BALLOTS_ISSUED).increment(1);
        let token = self.sealer.seal(Purpose::Ballot, &ballot);
        Ok(IssuedBallot { ballot, token, challenge: self.captcha.challenge(&ballot) })
    }

    /// Casts the ballot sealed in `token`; `answer` is the captcha's, or the pass that an earlier refusal gave.
    ///
    /// # Errors
    /// When the vote isn't known to count. The same ballot may be cast again.
    pub async fn cast(&self, token: &str, answer: &str) -> Result<Receipt, Error> {
        let start = Instant::now();
        let mut span = self.traces.request("cast vote");
        let cast = self.cast_any(token, answer, &mut span).await;
        histogram!(measures::VOTE_POST).record(start.elapsed().as_secs_f64());
        match &cast {
            Ok(_) => {
                counter!(measures::VOTES_ACCEPTED).increment(1);
                span.ended("accepted");
            }
            Err(Error { problem, .. }) => {
                vote_refused(*problem);
                let is_ours = problem.status().is_server_error();
                if is_ours { span.failed(problem.name()) } else { span.ended(problem.name()) }
            }
        }
        cast
    }

    async fn cast_any(&self, token: &str, answer: &str, span: &mut Span) -> Result<Receipt, Error> {
        let ballot: Ballot = self.sealer.open(Purpose::Ballot, token).map_err(|_| Problem::BallotForged)?;
        // Of copies that come at the same time, one is cast and the others wait for what becomes of it.
        self.receipts.get_or_insert_async(&ballot.id, self.cast_new(&ballot, answer, span)).await
    }

    async fn cast_new(&self, ballot: &Ballot, answer: &str, span: &mut Span) -> Result<Receipt, Error> {
        ballot.check_time(self.right_time()?).map_err(|problem| self.by_time(problem))?;
        let snapshot = self.snapshot()?;
        let paredao = snapshot.by_id(ballot.paredao).ok_or(Problem::ParedaoUnknown)?;
        if !paredao.counts(ballot.minute) {
            return Err(Problem::ParedaoClosed.into());
        }
        self.check_captcha(ballot, answer).await?;
        span.note("captcha passed");
        self.append(ballot, span).await.map_err(|problem| self.with_pass(problem, ballot))?;
        let slug = Arc::clone(&paredao.slug);
        let &Ballot { id, paredao, participant, minute, .. } = ballot;
        Ok(Receipt { ballot: id, paredao, slug, participant, minute })
    }

    /// The time, unless it is known to be wrong: then nothing may be refused for good because of it.
    fn right_time(&self) -> Result<UnixMillis, Problem> {
        if self.clock_watch.is_wrong() { Err(Problem::ClockWrong) } else { Ok(self.clock.now()) }
    }

    /// What a refusal for reasons of time is answered with: it isn't for good before the clock is known to be right.
    fn by_time(&self, problem: Problem) -> Problem {
        if self.clock_watch.is_right() { problem } else { Problem::Starting }
    }

    async fn check_captcha(&self, ballot: &Ballot, answer: &str) -> Result<(), Problem> {
        let (provider, checked) = if answer.starts_with(TOKEN_PREFIX) {
            let is_for_ballot = self.sealer.open::<Ballot>(Purpose::Pass, answer).is_ok_and(|pass| pass == *ballot);
            ("pass", if is_for_ballot { Ok(()) } else { Err(Refusal::Failed) })
        } else {
            (self.captcha.provider().name(), self.captcha.check(ballot, answer).await)
        };
        let (outcome, checked) = match checked {
            Ok(()) => ("passed", Ok(())),
            Err(Refusal::Failed) => ("failed", Err(Problem::CaptchaFailed)),
            Err(Refusal::AlreadySeen) => ("already_seen", Err(Problem::CaptchaAlreadySeen)),
            Err(Refusal::Unavailable) => ("unavailable", Err(Problem::CaptchaUnavailable)),
        };
        counter!(measures::CAPTCHA_CHECKED, "provider" => provider, "outcome" => outcome).increment(1);
        checked
    }

    /// Writes the vote, and makes sure that the registers will count it.
    async fn append(&self, ballot: &Ballot, span: &Span) -> Result<(), Problem> {
        let sent_at: UnixMillis = self.clock.now();
        let appended = self.log.append(&ballot.vote(), span.traceparent()).await;
        let appended_at = appended.map_err(|_| Problem::VotesUnavailable)?;
        counter!(measures::VOTES_PRODUCED).increment(1);
        let counts = window::holds(ballot.minute, appended_at);
        self.clock_watch.observe(sent_at, appended_at, counts);
        if counts { Ok(()) } else { Err(Problem::ClockWrong) }
    }

    /// The captcha was passed: whoever casts this ballot again needs no second one.
    fn with_pass(&self, problem: Problem, ballot: &Ballot) -> Error {
        Error { pass: Some(self.sealer.seal(Purpose::Pass, ballot)), ..problem.into() }
    }
}

/// Counts a vote that was refused, also one whose request couldn't be read.
pub(crate) fn vote_refused(problem: Problem) {
    counter!(measures::VOTES_REFUSED, "reason" => problem.name()).increment(1);
}

/// The same for a ballot that wasn't issued.
pub(crate) fn ballot_refused(problem: Problem) {
    counter!(measures::BALLOTS_REFUSED, "reason" => problem.name()).increment(1);
}
