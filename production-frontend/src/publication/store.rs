//! Proposals and publications in Postgres.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, PgPool, Postgres, Transaction};

use super::counted::{self, sha256};
use super::key::{self, ResultKey};
use super::package::{ResultView, SignedResult};
use super::{ProposalView, PublicationView, PublishedView, ResultKeyView};
use crate::app::{App, Zone};
use crate::audit::{self, Action};
use crate::auth::{Kind, Producer};
use crate::error::Error;
use crate::finality::{self, FinalityState};
use crate::paredao::Status;
use crate::paredao::store::{self, Paredao};
use crate::{dead_letters, imports, reconciliation, snapshot};

/// The name of the index that lets one proposal stand at a time.
const OPEN_PROPOSAL_INDEX: &str = "publication_proposal_open";
/// For how long whoever was let in takes no part in a publication.
const LET_IN_LATELY: Duration = Duration::from_secs(24 * 3600);

/// A published file's bytes.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) json: Vec<u8>,
    pub(crate) csv: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// What is to be published of a paredão that was found in the same snapshot, or was.
pub(crate) async fn read(snapshot: &mut PgConnection, paredao: &Paredao) -> Result<PublicationView, Error> {
    let published = sqlx::query!("SELECT json, json_sha256, signature FROM publication WHERE paredao = $1", paredao.id)
        .fetch_optional(&mut *snapshot)
        .await?;
    let Some(row) = published else {
        return Ok(PublicationView { proposal: proposal(snapshot, paredao).await?, published: None });
    };
    let (signed, signature) = (SignedResult::read(&row.json)?, STANDARD.encode(&row.signature));
    let published = PublishedView { signed, json_sha256: row.json_sha256, signature };
    Ok(PublicationView { proposal: None, published: Some(published) })
}

async fn proposal(snapshot: &mut PgConnection, paredao: &Paredao) -> Result<Option<ProposalView>, Error> {
    let row = sqlx::query!(
        r#"SELECT id, result::text AS "result!", proposed_by,
                  floor(extract(epoch FROM proposed_at) * 1000)::bigint AS "proposed_at!"
           FROM publication_proposal WHERE paredao = $1 AND withdrawn_at IS NULL"#,
        paredao.id
    )
    .fetch_optional(&mut *snapshot)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let parked_votes = dead_letters::store::waiting_votes_of(snapshot, &paredao.view.slug).await?;
    let imports = imports::store::progress(snapshot, paredao.id).await?;
    let result = serde_json::from_str(&row.result).map_err(anyhow::Error::from)?;
    let proposed_at = Timestamp::from_millisecond(row.proposed_at).map_err(anyhow::Error::from)?;
    Ok(Some(ProposalView { id: row.id, result, proposed_by: row.proposed_by, proposed_at, parked_votes, imports }))
}

/// Whether somebody proposed to publish a paredão's result, and nobody confirmed or withdrew that yet.
pub(crate) async fn is_proposed(snapshot: &mut PgConnection, paredao: i32) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM publication_proposal p
               WHERE p.paredao = $1 AND p.withdrawn_at IS NULL
                 AND NOT EXISTS (SELECT FROM publication r WHERE r.proposal = p.id)
           ) AS "is_proposed!""#,
        paredao
    )
    .fetch_one(snapshot)
    .await
}

/// Whether the result of the paredão with this slug was published.
pub(crate) async fn is_published(executor: impl PgExecutor<'_>, slug: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM publication r JOIN paredao p ON p.id = r.paredao WHERE p.slug = $1) AS "published!""#,
        slug
    )
    .fetch_one(executor)
    .await
}

/// What is to be published of the paredão with this slug, or was, in a snapshot of its own.
pub(crate) async fn show(pool: &PgPool, slug: &str) -> Result<PublicationView, Error> {
    let mut snapshot = snapshot::begin(pool).await?;
    let paredao = store::find(&mut *snapshot, slug).await?;
    let view = read(&mut snapshot, &paredao).await?;
    snapshot.commit().await?;
    Ok(view)
}

/// Proposes to publish what is counted now. Whoever couldn't be one of the two is told so here, and not once a second waits.
pub(crate) async fn propose(app: &App, producer: &Producer, slug: &str) -> Result<PublicationView, Error> {
    must_be_a_person(producer)?;
    let mut transaction = begin(&app.pool).await?;
    let paredao = unpublished(&mut transaction, slug).await?;
    must_be_in_for_long(&mut transaction, &[&producer.name], &app.zone).await?;
    let result = final_result(&mut transaction, &paredao).await?;
    let text = serde_json::to_string(&result).map_err(anyhow::Error::from)?;
    let stored = sqlx::query!(
        "INSERT INTO publication_proposal (paredao, result, counted_hash, proposed_by)
         VALUES ($1, $2::text::jsonb, $3, $4)",
        paredao.id,
        text,
        result.counted_sha256,
        producer.name
    )
    .execute(&mut *transaction)
    .await;
    if let Err(sqlx::Error::Database(error)) = &stored
        && error.constraint() == Some(OPEN_PROPOSAL_INDEX)
    {
        return Err(Error::ProposalStands);
    }
    stored?;
    let detail = json!({"total": result.total, "counted_sha256": result.counted_sha256});
    audit::write(&mut *transaction, producer, Action::ProposePublication, slug, &detail).await?;
    let view = read(&mut transaction, &paredao).await?;
    transaction.commit().await?;
    Ok(view)
}

/// Takes the proposal back.
pub(crate) async fn withdraw(pool: &PgPool, producer: &Producer, slug: &str) -> Result<PublicationView, Error> {
    must_be_a_person(producer)?;
    let mut transaction = begin(pool).await?;
    let paredao = unpublished(&mut transaction, slug).await?;
    let withdrawn = sqlx::query!(
        "UPDATE publication_proposal SET withdrawn_by = $2, withdrawn_at = clock_timestamp()
         WHERE paredao = $1 AND withdrawn_at IS NULL",
        paredao.id,
        producer.name
    )
    .execute(&mut *transaction)
    .await?;
    if withdrawn.rows_affected() == 0 {
        return Err(Error::NoProposal);
    }
    audit::write(&mut *transaction, producer, Action::WithdrawPublication, slug, &json!({})).await?;
    let view = read(&mut transaction, &paredao).await?;
    transaction.commit().await?;
    Ok(view)
}

/// Publishes what was proposed, if it is what `producer` saw (its hash says so) and what is counted still.
pub(crate) async fn confirm(
    app: &App,
    producer: &Producer,
    slug: &str,
    counted_sha256: &str,
) -> Result<PublicationView, Error> {
    must_be_a_person(producer)?;
    let key = app.result_key.as_deref().ok_or(Error::NoSigningKey)?;
    let mut transaction = begin(&app.pool).await?;
    let paredao = unpublished(&mut transaction, slug).await?;
    let proposal = proposal(&mut transaction, &paredao).await?.ok_or(Error::NoProposal)?;
    // Whoever withdraws or confirms at the same time must wait. The row is written and not only locked, so that they fail then:
    // their snapshot doesn't know of this publication.
    sqlx::query!("UPDATE publication_proposal SET withdrawn_at = NULL WHERE id = $1", proposal.id)
        .execute(&mut *transaction)
        .await?;
    if proposal.proposed_by == producer.name {
        return Err(Error::SecondPersonNeeded);
    }
    must_be_in_for_long(&mut transaction, &[&proposal.proposed_by, &producer.name], &app.zone).await?;
    let now = final_result(&mut transaction, &paredao).await?;
    if [counted_sha256, &now.counted_sha256].iter().any(|hash| *hash != proposal.result.counted_sha256) {
        return Err(Error::CountChanged);
    }
    publish(&mut transaction, key, producer, &paredao, &proposal).await?;
    let detail = json!({"total": now.total, "counted_sha256": now.counted_sha256, "proposed_by": proposal.proposed_by});
    audit::write(&mut *transaction, producer, Action::Publish, slug, &detail).await?;
    let view = read(&mut transaction, &paredao).await?;
    transaction.commit().await?;
    Ok(view)
}

async fn publish(
    transaction: &mut PgConnection,
    key: &ResultKey,
    producer: &Producer,
    paredao: &Paredao,
    proposal: &ProposalView,
) -> Result<(), Error> {
    let csv = proposal.result.csv();
    let signed = SignedResult {
        result: proposal.result.clone(),
        proposed_by: proposal.proposed_by.clone(),
        proposed_at: proposal.proposed_at,
        confirmed_by: producer.name.clone(),
        published_at: paredao.as_of,
        csv_sha256: sha256(csv.as_bytes()),
        key_id: key.id(),
    };
    let json = signed.bytes()?;
    sqlx::query!(
        "INSERT INTO publication (paredao, proposal, confirmed_by, published_at, json, json_sha256, csv, signature, key_id,
                                  public_key)
         VALUES ($1, $2, $3, to_timestamp($4::bigint / 1000.0), $5, $6, $7, $8, $9, $10)",
        paredao.id,
        proposal.id,
        producer.name,
        paredao.as_of.as_millisecond(),
        json,
        sha256(&json),
        csv.as_bytes(),
        &key.sign(&json)[..],
        signed.key_id,
        &key.public()[..],
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Reads and writes as of one moment.
async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await
}

async fn unpublished(transaction: &mut PgConnection, slug: &str) -> Result<Paredao, Error> {
    let paredao = store::find(&mut *transaction, slug).await?;
    if paredao.view.status == Status::Published { Err(Error::AlreadyPublished) } else { Ok(paredao) }
}

/// Somebody could hold a token besides their own account, and be both persons.
fn must_be_a_person(producer: &Producer) -> Result<(), Error> {
    if producer.kind == Kind::User { Ok(()) } else { Err(Error::PersonNeeded) }
}

/// Whoever lets somebody in, or gives them a password, could come in as them and be both persons. Others would see that in a day.
/// It doesn't matter who did it: one could let in two. Whoever gives commands has the database, and needs no such detour.
async fn must_be_in_for_long(transaction: &mut PgConnection, names: &[&str], zone: &Zone) -> Result<(), Error> {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let latest = sqlx::query!(
        r#"SELECT subject, extract(epoch FROM at + make_interval(secs => $2))::bigint AS "from!"
           FROM audit
           WHERE subject = ANY ($1) AND kind IN ('user', 'token') AND outcome = 'done'
             AND (action IN ('add_user', 'activate_user', 'reset_password')
                  OR action = 'set_role' AND detail ->> 'to' = 'director')
             AND at > clock_timestamp() - make_interval(secs => $2)
           ORDER BY at DESC LIMIT 1"#,
        &names,
        LET_IN_LATELY.as_secs_f64()
    )
    .fetch_optional(transaction)
    .await?;
    let Some(latest) = latest else { return Ok(()) };
    // Up to the next whole minute, which is what is said.
    let from = Timestamp::from_second((latest.from / 60 + 1) * 60).map_err(anyhow::Error::from)?;
    Err(Error::LetInLately { name: latest.subject, from: from.to_zoned(zone.tz.clone()) })
}

/// The result as it is counted now, if that is final.
async fn final_result(transaction: &mut PgConnection, paredao: &Paredao) -> Result<ResultView, Error> {
    let verdict = reconciliation::store::read(transaction).await?;
    let finality = finality::store::read(transaction, paredao, &verdict).await?;
    let Some(reconciled_at) = finality.reconciled_at.filter(|_| finality.state == FinalityState::Final) else {
        return Err(Error::CountNotFinal);
    };
    let counted = counted::read(transaction, paredao).await?;
    let cursors = finality::store::cursors(transaction).await?;
    Ok(ResultView::of(&paredao.view, &counted, cursors, (paredao.as_of, reconciled_at))?)
}

/// What was counted of a paredão that closed, as text; its SHA-256 is what a result holds, until minutes are compacted.
pub(crate) async fn counted(pool: &PgPool, slug: &str) -> Result<String, Error> {
    let mut snapshot = snapshot::begin(pool).await?;
    let paredao = store::find(&mut *snapshot, slug).await?;
    let counted = counted::read(&mut snapshot, &paredao).await?;
    snapshot.commit().await?;
    Ok(counted.text)
}

/// The files of a published result.
pub(crate) async fn files(pool: &PgPool, slug: &str) -> Result<Files, Error> {
    let row = sqlx::query!(
        "SELECT r.json, r.csv, r.signature FROM publication r JOIN paredao p ON p.id = r.paredao WHERE p.slug = $1",
        slug
    )
    .fetch_optional(pool)
    .await?;
    let row = row.ok_or(Error::NotPublished)?;
    Ok(Files { json: row.json, csv: row.csv, signature: row.signature })
}

/// The key that signs now, and those that signed what was published.
pub(crate) async fn keys(pool: &PgPool, current: Option<&ResultKey>) -> Result<Vec<ResultKeyView>, Error> {
    let rows =
        sqlx::query!("SELECT DISTINCT key_id, public_key FROM publication ORDER BY key_id").fetch_all(pool).await?;
    let current_id = current.map(ResultKey::id);
    let mut keys: Vec<_> = current.map(|key| (key.id(), key.public().to_vec())).into_iter().collect();
    keys.extend(
        rows.into_iter().filter(|row| Some(&row.key_id) != current_id.as_ref()).map(|row| (row.key_id, row.public_key)),
    );
    let view = |(key_id, public): (String, Vec<u8>)| {
        let is_current = Some(&key_id) == current_id.as_ref();
        Ok(ResultKeyView { key_id, algorithm: "Ed25519", public_key: key::public_pem(&public)?, is_current })
    };
    keys.into_iter().map(view).collect()
}
