//! A vote followed by its trace, from the POST through Kafka to the flush that wrote it.

use end_to_end::{Plan, System};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use reqwest::StatusCode;
use serde_json::json;
use test_support::eventually;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A trace that a voter names, and wants to be kept.
const FORCED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What stands for a collector, which isn't to be had where tests run: it takes everything that is sent as OTLP says.
async fn collector() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/traces"))
        .and(header("content-type", "application/x-protobuf"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    server
}

/// The spans that `service` has sent.
async fn spans(collector: &MockServer, service: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for request in collector.received_requests().await.unwrap() {
        for sent in ExportTraceServiceRequest::decode(&*request.body).unwrap().resource_spans {
            let resource = sent.resource.unwrap();
            let is_named = |attribute: &KeyValue| {
                attribute.key == "service.name" && value(attribute) == Some(Value::StringValue(service.to_owned()))
            };
            if resource.attributes.iter().any(is_named) {
                spans.extend(sent.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
    }
    spans
}

/// All that a span says, by name.
fn said(span: &Span) -> Vec<(&str, Value)> {
    span.attributes.iter().map(|attribute| (attribute.key.as_str(), value(attribute).unwrap())).collect()
}

fn value(attribute: &KeyValue) -> Option<Value> {
    attribute.value.as_ref()?.value.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_in_the_sample_is_followed_from_its_post_to_the_flush_that_wrote_it() {
    let collector = collector().await;
    let more = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.uri()),
        ("OTEL_TRACES_SAMPLER_ARG", "1".to_owned()),
        ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()),
    ];
    let system = System::start(&Plan { more, ..Plan::shared() }).await;
    let paredao = system.open_paredao("final").await;
    let ballot = system.voters.ballot("final", paredao.participants[0]).await;
    let vote = reqwest::Client::new()
        .post(format!("{}/api/v1/votes", system.voters.url))
        .header("traceparent", FORCED)
        .json(&json!({"ballot": ballot}))
        .send()
        .await
        .unwrap();
    assert_eq!(vote.status(), StatusCode::ACCEPTED);

    let [post, flush] = eventually("both spans", async || {
        let mut both = spans(&collector, "voters-frontend").await;
        both.extend(spans(&collector, "votes-register").await);
        <[Span; 2]>::try_from(both).ok()
    })
    .await;
    assert_eq!((post.name.as_str(), flush.name.as_str()), ("cast vote", "flush"));
    let [link] = &*flush.links else { panic!("{flush:?}") };
    assert_eq!((&link.trace_id, &link.span_id), (&post.trace_id, &post.span_id));
    assert!(flush.start_time_unix_nano > post.start_time_unix_nano, "{flush:?} of {post:?}");

    assert!(post.parent_span_id.is_empty(), "a voter's own trace isn't gone on with: {post:?}");
    let text = |text: &str| Value::StringValue(text.to_owned());
    assert_eq!(said(&post), [("outcome", text("accepted"))], "nothing of the voter");
    let [event] = &*post.events else { panic!("{post:?}") };
    assert_eq!((event.name.as_str(), event.attributes.len()), ("captcha passed", 0));
    let said = said(&flush);
    assert!(matches!(said[0], ("partition", Value::IntValue(0..12))), "{said:?}");
    assert_eq!(said[1..], [("records", Value::IntValue(1)), ("outcome", text("applied"))]);
    system.settle().await;
}
