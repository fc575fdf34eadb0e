//! The audit: who did what, when. It is only ever added to.
//!
//! What changes the database is written down by the transaction that changes it, so neither is there without the other.

pub(crate) mod api;
pub(crate) mod store;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgExecutor, PgPool};
use utoipa::ToSchema;

use crate::auth::Producer;

/// What somebody did, as the API and the page show it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EntryView {
    /// Its number: later entries have greater ones.
    pub id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: a user's or a token's name, or that of whoever gave a command on a machine; `?` for a stranger.
    pub who: String,
    /// How they proved who they are: `user`, `token`, `command`; `stranger` didn't.
    pub kind: String,
    /// What: a stable name.
    pub action: String,
    /// What it was done to: a paredão's slug, a user's name, a partition as `votes/3`.
    pub subject: String,
    /// `done`, or `refused`: a password was wrong.
    pub outcome: String,
    /// More about it, by action.
    #[schema(value_type = Object)]
    pub detail: Value,
}

/// One page of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AuditPage {
    /// The entries, the newest first.
    pub entries: Vec<EntryView>,
    /// What `before` must be for the page after; unset on the last one.
    pub next: Option<i64>,
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) who: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) subject: Option<String>,
    pub(crate) from: Option<Timestamp>,
    /// Up to before this.
    pub(crate) to: Option<Timestamp>,
    /// Only smaller ids than this.
    pub(crate) before: Option<i64>,
}

/// In place of the name of somebody who has said none.
pub const NOBODY: &str = "?";

/// What somebody did. The registers' own commands write theirs under names of their own: `skip`, `rederive`,
/// `accept_new_log`, `replay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Signed in; the subject is the user.
    SignIn,
    /// Signed out; the subject is the user.
    SignOut,
    /// Made a paredão; the subject, as of all that is done to one, is its slug.
    CreateParedao,
    /// Opened a paredão.
    OpenParedao,
    /// Closed a paredão.
    CloseParedao,
    /// Changed a paredão before its opening.
    EditParedao,
    /// Took a paredão's opening back.
    UnscheduleParedao,
    /// Moved an open paredão's closing.
    RescheduleParedao,
    /// Deleted a draft.
    DeleteParedao,
    /// Proposed to publish a paredão's result.
    ProposePublication,
    /// Took such a proposal back.
    WithdrawPublication,
    /// Confirmed such a proposal, which published it.
    Publish,
    /// Had registers stand still; the subject is the topic, or one partition as `votes/3`.
    Pause,
    /// Had registers go on; the subject is as of [`Self::Pause`].
    Resume,
    /// Asked for a replay of parked votes; the subject is its number.
    RequestReplay,
    /// Let a file's votes count; the subject is the import's number.
    RegisterImport,
    /// Began to import a file; the subject is the import's number.
    BeginImport,
    /// Added a user; on the command line also gave one another password. The subject, as of all that is done to one, is the
    /// user's name.
    AddUser,
    /// Gave a user another role.
    SetRole,
    /// Lets a user in no more.
    DeactivateUser,
    /// Lets a user in again.
    ActivateUser,
    /// Gave a user a one-time password.
    ResetPassword,
    /// Changed their own password.
    ChangePassword,
    /// Ended all their own sessions.
    SignOutEverywhere,
    /// Made a script's token; the subject is the token's name.
    AddToken,
    /// Revoked a script's token; the subject is the token's name.
    RevokeToken,
}

impl Action {
    /// Its stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignOut => "sign_out",
            Self::CreateParedao => "create_paredao",
            Self::OpenParedao => "open_paredao",
            Self::CloseParedao => "close_paredao",
            Self::EditParedao => "edit_paredao",
            Self::UnscheduleParedao => "unschedule_paredao",
            Self::RescheduleParedao => "reschedule_paredao",
            Self::DeleteParedao => "delete_paredao",
            Self::ProposePublication => "propose_publication",
            Self::WithdrawPublication => "withdraw_publication",
            Self::Publish => "publish",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::RequestReplay => "request_replay",
            Self::RegisterImport => "register_import",
            Self::BeginImport => "begin_import",
            Self::AddUser => "add_user",
            Self::SetRole => "set_role",
            Self::DeactivateUser => "deactivate_user",
            Self::ActivateUser => "activate_user",
            Self::ResetPassword => "reset_password",
            Self::ChangePassword => "change_password",
            Self::SignOutEverywhere => "sign_out_everywhere",
            Self::AddToken => "add_token",
            Self::RevokeToken => "revoke_token",
        }
    }
}

/// Writes down what `producer` did to `subject`; `detail` is a JSON object. Where something is changed, `executor` is the
/// transaction that changes it.
pub(crate) async fn write(
    executor: impl PgExecutor<'_>,
    producer: &Producer,
    action: Action,
    subject: &str,
    detail: &Value,
) -> sqlx::Result<()> {
    insert(executor, (&producer.name, producer.kind.name()), action, subject, "done", detail).await
}

/// Writes down that `producer` tried to change their password in vain.
pub(crate) async fn write_refused_password(executor: impl PgExecutor<'_>, producer: &Producer) -> sqlx::Result<()> {
    let (who, detail) = ((producer.name.as_str(), producer.kind.name()), Value::Object(serde_json::Map::new()));
    insert(executor, who, Action::ChangePassword, &producer.name, "refused", &detail).await
}

/// Writes down that somebody tried in vain to sign in as the user called `name`. Where nobody is, it may be a password that was
/// typed in the wrong field, and isn't kept.
pub(crate) async fn write_refused_sign_in(pool: &PgPool, name: &str) -> sqlx::Result<()> {
    // Postgres's text holds no NUL, so nobody is called that.
    let known = match name.contains('\0') {
        true => None,
        false => {
            sqlx::query_scalar!("SELECT name FROM producer WHERE name = $1 AND active", name)
                .fetch_optional(pool)
                .await?
        }
    };
    let (subject, detail) = (known.as_deref().unwrap_or(NOBODY), Value::Object(serde_json::Map::new()));
    insert(pool, (NOBODY, "stranger"), Action::SignIn, subject, "refused", &detail).await
}

async fn insert(
    executor: impl PgExecutor<'_>,
    (who, kind): (&str, &str),
    action: Action,
    subject: &str,
    outcome: &str,
    detail: &Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO audit (who, kind, action, subject, outcome, detail) VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)",
        who,
        kind,
        action.name(),
        subject,
        outcome,
        detail.to_string(),
    )
    .execute(executor)
    .await?;
    Ok(())
}
