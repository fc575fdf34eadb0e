//! A record says where it comes from only where somebody wants to know.

use voters_frontend::options::Options;

use crate::support::{Service, records};

/// Nobody listens there, and a vote doesn't wait for that.
const NO_COLLECTOR: &str = "http://127.0.0.1:1";

/// The headers of the record of a vote that is cast where `change` was made to the options.
async fn headers(change: impl FnOnce(&mut Options)) -> Vec<String> {
    let (service, _database) = Service::fresh_with(change).await;
    let cast = service.cast(&service.ballot().await, "").await;
    assert_eq!(cast.status, 202, "{}", cast.body);
    let [record] = records(&service.kafka).await.try_into().unwrap();
    record.headers
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_no_record_has_a_header() {
    assert_eq!(headers(|options| options.otel_traces_sampler_arg = 1.0).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_record_of_a_vote_in_the_sample_has_a_header() {
    for (share, expected) in [(0.0, &[][..]), (1.0, &["traceparent"][..])] {
        let found = headers(|options| {
            options.traces.otel_exporter_otlp_endpoint = Some(NO_COLLECTOR.to_owned());
            options.otel_traces_sampler_arg = share;
        });
        assert_eq!(found.await, expected, "share {share}");
    }
}
