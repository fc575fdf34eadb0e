//! Votes over HTTP: each ballot counts once, however often it is sent.

use std::sync::Arc;

use end_to_end::{Plan, System};
use futures::StreamExt;
use reqwest::StatusCode;
use test_support::eventually;

/// Distinct ballots of the large test.
const BALLOTS: usize = 10_000;
/// Requests under way at once.
const CONCURRENT: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_ballots_a_fifth_of_them_sent_twice_or_more() {
    let system = Arc::new(System::start(&Plan::shared()).await);
    let paredao = system.open_paredao("final").await;

    let cast = |index: usize| {
        let (voters, slug) = (system.voters.clone(), paredao.slug.clone());
        let participant = paredao.participants[index % 3];
        async move {
            let ballot = voters.ballot(&slug, participant).await;
            // Every fifth is sent two to four times, some of them at the same moment.
            let times = if index.is_multiple_of(5) { 2 + index % 3 } else { 1 };
            let answers = futures::future::join_all((0..times).map(|_| voters.cast(&ballot))).await;
            let receipts: Vec<_> = answers
                .into_iter()
                .map(|answer| {
                    let answer = answer.unwrap();
                    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
                    answer.text("receipt")
                })
                .collect();
            assert!(receipts.iter().all(|receipt| *receipt == receipts[0]), "one ballot, one receipt");
            times
        }
    };
    let sent: usize =
        futures::stream::iter(0..BALLOTS).map(cast).buffer_unordered(CONCURRENT).fold(0, async |a, b| a + b).await;
    assert!(sent >= BALLOTS + BALLOTS / 5);

    system.settle().await;
    let totals = system.production.totals("final", "granularity=minute").await;
    assert_eq!(totals.body["total"], BALLOTS, "{totals:?}");
    let per_participant: Vec<_> =
        totals.body["participants"].as_array().unwrap().iter().map(|p| p["total"].as_u64().unwrap()).collect();
    assert_eq!(per_participant, [3_334, 3_333, 3_333]);
    let series: u64 = totals.body["series"].as_array().unwrap().iter().map(|s| s["votes"].as_u64().unwrap()).sum();
    assert_eq!(series, BALLOTS as u64);

    let shown = eventually("the panorama to show all votes", async || {
        let panorama = system.voters.panorama("final").await.body;
        (panorama["participants"][0]["percent"] == 33.34).then_some(panorama)
    })
    .await;
    let percent: f64 = shown["participants"].as_array().unwrap().iter().map(|p| p["percent"].as_f64().unwrap()).sum();
    assert!((percent - 100.0).abs() < 1e-9, "{shown}");
}
