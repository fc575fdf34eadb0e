//! What the audit holds, in words.

use serde_json::Value;
use voting_commons::adapters::texts::Texts;

use crate::app::Zone;
use crate::audit::{EntryView, NOBODY};
use crate::pages::parked::words::reason;
use crate::pages::{minute, role_text, visibility_text};

/// The actions that there are, by name, with the text of each.
pub(super) const ACTIONS: [(&str, &str); 30] = [
    ("sign_in", "audit-sign-in"),
    ("sign_out", "audit-sign-out"),
    ("sign_out_everywhere", "audit-sign-out-everywhere"),
    ("change_password", "audit-change-password"),
    ("create_paredao", "audit-create-paredao"),
    ("open_paredao", "audit-open-paredao"),
    ("close_paredao", "audit-close-paredao"),
    ("edit_paredao", "audit-edit-paredao"),
    ("unschedule_paredao", "audit-unschedule-paredao"),
    ("reschedule_paredao", "audit-reschedule-paredao"),
    ("delete_paredao", "audit-delete-paredao"),
    ("propose_publication", "audit-propose-publication"),
    ("withdraw_publication", "audit-withdraw-publication"),
    ("publish", "audit-publish"),
    ("pause", "audit-pause"),
    ("resume", "audit-resume"),
    ("skip", "audit-skip"),
    ("rederive", "audit-rederive"),
    ("accept_new_log", "audit-accept-new-log"),
    ("request_replay", "audit-request-replay"),
    ("replay", "audit-replay"),
    ("register_import", "audit-register-import"),
    ("begin_import", "audit-begin-import"),
    ("add_user", "audit-add-user"),
    ("set_role", "audit-set-role"),
    ("deactivate_user", "audit-deactivate-user"),
    ("activate_user", "audit-activate-user"),
    ("reset_password", "audit-reset-password"),
    ("add_token", "audit-add-token"),
    ("revoke_token", "audit-revoke-token"),
];

/// What the detail of an entry may hold, by name.
const DETAILS: [(&str, &str); 21] = [
    ("role", "audit-role"),
    ("from", "audit-from"),
    ("to", "audit-to"),
    ("title", "audit-title"),
    ("opens_at", "audit-opens-at"),
    ("closes_at", "audit-closes-at"),
    ("former_closes_at", "audit-former-closes-at"),
    ("total", "audit-total"),
    ("counted_sha256", "audit-counted"),
    ("proposed_by", "audit-proposed-by"),
    ("shards", "audit-shards"),
    ("visibility", "audit-visibility"),
    ("participants", "audit-participants"),
    ("paredao", "audit-paredao"),
    ("what", "audit-what"),
    ("file_sha256", "audit-file"),
    ("ids", "audit-ids"),
    ("reason", "audit-reason"),
    ("dry_run", "audit-dry-run"),
    ("sessions", "audit-sessions"),
    ("epoch", "audit-epoch"),
];

/// An action in words; one that is too new for this page by its name.
pub(super) fn action(t: &Texts, name: &str) -> String {
    said(t, &ACTIONS, name)
}

fn said(t: &Texts, texts: &[(&str, &str)], name: &str) -> String {
    let found = texts.iter().find(|(known, _)| *known == name);
    found.map_or_else(|| name.to_owned(), |(_, id)| t.text(id).to_string())
}

/// Who did it, and how they proved who they are unless they signed in.
pub(super) fn who(t: &Texts, entry: &EntryView) -> String {
    match entry.kind.as_str() {
        "stranger" => t.text("audit-stranger").to_string(),
        "token" => t.text("audit-token").with("name", &entry.who).to_string(),
        "command" if entry.who == NOBODY => t.text("audit-command-unnamed").to_string(),
        "command" => t.text("audit-command").with("name", &entry.who).to_string(),
        _ => entry.who.clone(),
    }
}

/// What more is known: names and values, both in words.
pub(super) fn details(t: &Texts, zone: &Zone, entry: &EntryView) -> Vec<(String, String)> {
    let Some(detail) = entry.detail.as_object() else { return Vec::new() };
    let known = detail.iter().filter(|(_, value)| !value.is_null());
    known.map(|(name, value)| (said(t, &DETAILS, name), in_words(t, zone, name, value))).collect()
}

/// The value of the detail `name`.
fn in_words(t: &Texts, zone: &Zone, name: &str, value: &Value) -> String {
    match value {
        Value::Bool(true) => t.text("audit-yes").to_string(),
        Value::Bool(false) => t.text("audit-no").to_string(),
        Value::Number(number) => number.as_i64().map_or_else(|| number.to_string(), |number| t.number(&number)),
        Value::String(text) => {
            let said = match name {
                "role" | "from" | "to" => role(t, value),
                "opens_at" | "closes_at" | "former_closes_at" => text.parse().ok().map(|at| minute(t, &at, zone)),
                "visibility" => text.parse().ok().map(|visibility| visibility_text(t, &visibility).to_string()),
                "reason" => Some(reason(t, text).to_string()),
                _ => None,
            };
            said.unwrap_or_else(|| text.clone())
        }
        Value::Array(values) => {
            values.iter().map(|value| in_words(t, zone, name, value)).collect::<Vec<_>>().join(", ")
        }
        Value::Null | Value::Object(_) => value.to_string(),
    }
}

fn role(t: &Texts, value: &Value) -> Option<String> {
    let role = serde_json::from_value(value.clone()).ok()?;
    Some(role_text(t, &role).to_string())
}
