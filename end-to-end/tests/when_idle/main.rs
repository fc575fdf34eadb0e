//! What takes time is measured while nothing else runs: beside other tests it would measure those.

use end_to_end::browser::in_a_browser;

#[tokio::test(flavor = "multi_thread")]
async fn the_voters_page_is_seen_within_a_second() {
    in_a_browser("altcha", &["speed.test.mjs"]).await;
}
