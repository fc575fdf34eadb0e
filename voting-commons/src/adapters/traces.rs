//! Traces for OpenTelemetry: how long a vote took from its POST to the flush that wrote it. Off unless somebody says where
//! they go.
//!
//! A trace begins with us: what a request's own headers say of one isn't read, or anybody could have all of theirs kept. A
//! span says nothing of a voter, no address, no ballot and no choice, and what is logged isn't copied into it.

use std::collections::HashMap;
use std::time::Duration;

use clap::Args;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, Span as SdkSpan};

/// The header, W3C's, by which a record names the span that it comes from.
pub const TRACEPARENT: &str = "traceparent";

/// Where a collector takes traces.
const PATH: &str = "/v1/traces";
/// How long a service that ends waits for its last traces to be sent.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// Where traces go. By default there are none.
#[derive(Debug, Clone, Default, Args)]
pub struct TracesArgs {
    /// Address of an OpenTelemetry collector that takes traces by plain HTTP, such as http://localhost:4318; without it
    /// nothing is traced, as OpenTelemetry says of an empty one too
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_parser = collector)]
    pub otel_exporter_otlp_endpoint: Option<String>,
}

fn collector(address: &str) -> Result<String, String> {
    if address.is_empty() || address.starts_with("http://") {
        Ok(address.trim_end_matches('/').to_owned())
    } else {
        Err("it begins with http://, for what goes further than a collector nearby that one sends".to_owned())
    }
}

/// The traces of a service; by default they are off, and every span is empty.
#[derive(Debug, Clone, Default)]
pub struct Traces(Option<Exporting>);

#[derive(Debug, Clone)]
struct Exporting {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Traces of `service`, of which it keeps `share`, from 0 to 1. The exporter has a thread of its own and a queue of
    /// 2048 spans, past which they are dropped.
    ///
    /// # Errors
    /// When the collector's address isn't one.
    pub fn new(args: &TracesArgs, service: &'static str, share: f64) -> Result<Self, ExporterBuildError> {
        let collector = args.otel_exporter_otlp_endpoint.as_ref().filter(|address| !address.is_empty());
        let Some(collector) = collector else { return Ok(Self::default()) };
        let exporter = SpanExporter::builder().with_http().with_endpoint(format!("{collector}{PATH}")).build()?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::TraceIdRatioBased(share))
            .with_resource(Resource::builder().with_service_name(service).build())
            .build();
        Ok(Self::of(provider))
    }

    fn of(provider: SdkTracerProvider) -> Self {
        Self(Some(Exporting { tracer: provider.tracer("voting"), provider }))
    }

    /// Whether any trace is kept.
    pub fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins a trace with the span of a request.
    pub fn request(&self, name: &'static str) -> Span {
        self.begin(SpanBuilder::from_name(name).with_kind(SpanKind::Server))
    }

    /// The span of work that is done for all of `origins` at once, and that links to them. Empty where there are none.
    pub fn work(&self, name: &'static str, origins: Vec<Origin>) -> Span {
        if origins.is_empty() {
            return Span::default();
        }
        let links = origins.into_iter().map(|Origin(context)| Link::with_context(context)).collect();
        self.begin(SpanBuilder::from_name(name).with_kind(SpanKind::Consumer).with_links(links))
    }

    fn begin(&self, span: SpanBuilder) -> Span {
        let Some(Exporting { tracer, .. }) = &self.0 else { return Span::default() };
        let span = tracer.build_with_context(span, &Context::new());
        Span(span.is_recording().then(|| Box::new(span)))
    }

    /// Sends what hasn't been sent yet, for up to [`END_TIMEOUT`].
    pub async fn end(self) {
        let Some(Exporting { provider, .. }) = self.0 else { return };
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(END_TIMEOUT)).await {
            tracing::warn!(%error, "the last traces couldn't be sent");
        }
    }
}

/// What takes time, from when it is begun until it is dropped. Most are empty, for they aren't in the sample, and cost nothing.
#[derive(Debug, Default)]
pub struct Span(Option<Box<SdkSpan>>);

impl Span {
    /// Whether it isn't kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Says something about it as a whole.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(name, value.into()));
        }
    }

    /// Says what happened just now.
    pub fn note(&mut self, event: &'static str) {
        if let Some(span) = &mut self.0 {
            span.add_event(event, Vec::new());
        }
    }

    /// Says how it ended. Without this, nobody waited for its end.
    pub fn ended(&mut self, outcome: &'static str) {
        self.set("outcome", outcome);
    }

    /// The same where the fault is ours.
    pub fn failed(&mut self, outcome: &'static str) {
        self.ended(outcome);
        if let Some(span) = &mut self.0 {
            span.set_status(Status::error(outcome));
        }
    }

    /// What a record that comes from it bears as [`TRACEPARENT`]; `None` for most, which bear nothing.
    pub fn traceparent(&self) -> Option<String> {
        let context = self.0.as_ref()?.span_context().clone();
        let mut headers = HashMap::new();
        TraceContextPropagator::new().inject_context(&Context::new().with_remote_span_context(context), &mut headers);
        headers.remove(TRACEPARENT)
    }
}

/// The span that a record comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin(SpanContext);

impl Origin {
    /// Reads a [`TRACEPARENT`]; `None` when it isn't one, or one that nobody keeps.
    pub fn parse(header: &[u8]) -> Option<Self> {
        let header = str::from_utf8(header).ok()?.to_owned();
        let headers = HashMap::from([(TRACEPARENT.to_owned(), header)]);
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
        let origin = context.span().span_context().clone();
        origin.is_sampled().then_some(Self(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Traces that go nowhere.
    fn kept(share: f64) -> Traces {
        Traces::of(SdkTracerProvider::builder().with_sampler(Sampler::TraceIdRatioBased(share)).build())
    }

    #[test]
    fn a_record_names_the_span_that_it_comes_from() {
        let span = kept(1.0).request("cast vote");
        let header = span.traceparent().unwrap();
        let Origin(origin) = Origin::parse(header.as_bytes()).unwrap();
        let context = span.0.unwrap().span_context().clone();
        assert_eq!((origin.trace_id(), origin.span_id()), (context.trace_id(), context.span_id()));
    }

    #[test]
    fn what_is_not_in_the_sample_has_no_name() {
        for traces in [Traces::default(), kept(0.0)] {
            let span = traces.request("cast vote");
            assert!(span.is_empty() && span.traceparent().is_none());
        }
        assert!(kept(1.0).work("write", Vec::new()).is_empty(), "work for nobody");
    }

    #[test]
    fn a_share_is_about_that_of_what_is_kept() {
        let traces = kept(0.1);
        let kept = (0..10_000).filter(|_| !traces.request("cast vote").is_empty()).count();
        assert!((700..1_300).contains(&kept), "{kept} of 10000");
    }

    #[test]
    fn only_a_name_that_is_kept_is_read() {
        let whole = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(Origin::parse(whole.as_bytes()).is_some());
        for other in [
            &b""[..],
            b"\xff",
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            b"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        ] {
            assert_eq!(Origin::parse(other), None, "{}", other.escape_ascii());
        }
    }

    #[test]
    fn a_collector_is_reached_by_plain_http() {
        assert_eq!(collector("http://localhost:4318/"), Ok("http://localhost:4318".to_owned()));
        assert!(collector("").is_ok(), "an empty one is none");
        assert!(collector("https://localhost:4318").is_err());
        assert!(collector("localhost:4318").is_err());
    }
}
