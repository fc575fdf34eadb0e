//! Real browsers. The tests themselves are Playwright's, in `browser-tests`; this gives them a running system.

use end_to_end::browser::{in_a_browser, run};
use end_to_end::{Plan, System, cast_late, stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_whose_captcha_the_page_solves_itself() {
    in_a_browser("altcha", &["altcha.test.mjs", "weight.test.mjs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_in_english() {
    in_a_browser("altcha", &["english.test.mjs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_followed_live() {
    in_a_browser("off", &["live.test.mjs", "together.test.mjs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_production_page_of_a_paredao() {
    in_a_browser("off", &["production.test.mjs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_those_who_run_the_count() {
    let system = System::start(&Plan::shared()).await;
    let paredao = system.open_paredao("final").await;
    cast_late(&system, "final", paredao.participants[0]).await;
    run(&system, &["operations.test.mjs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_without_javascript() {
    in_a_browser("off", &["without-javascript.test.mjs", "voting.test.mjs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_every_state_is_accessible() {
    let system = System::start(&Plan { captcha: "altcha", ..Plan::shared() }).await;
    stage::set(&system).await.unwrap();
    run(&system, &["states.test.mjs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paredao_is_shared() {
    in_a_browser("off", &["share.test.mjs"]).await;
}
