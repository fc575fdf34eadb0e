//! The API's routes and its description, which is made from the handlers themselves.

use axum::Router;
use axum::http::{HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{self, Content, Ref, RefOr, Response};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;
use crate::error::Problem;
use crate::{
    account, audit, dead_letters, finality, imports, live, paredao, pipeline, publication, reconciliation, standing,
    tokens, totals, users,
};

/// Swagger UI styles its own elements and draws with data URLs.
const DOCS_POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Production's API",
        description = "Make, open and close paredões, read exact totals, see what couldn't be counted, register imports, steer the registers, and say who comes in. An operation names the least role that may use it. Refusals are problem details (RFC 9457)."
    ),
    security(("bearer" = ["viewer"])),
    components(schemas(Problem)),
    modifiers(&Bearer)
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        let session =
            ApiKeyValue::with_description("sessao", "a user's session; with HTTPS it is called __Host-sessao");
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
    }
}

/// Says of every refusal what it looks like, and adds those that each operation shares.
fn describe_refusals(openapi: &mut openapi::OpenApi) {
    for path in openapi.paths.paths.values_mut() {
        if let Some(operation) = &mut path.post {
            refuse(operation, "403", "the role isn't enough, or a browser sent this from another site");
        }
        for operation in path.get.iter_mut().chain(&mut path.post) {
            refuse(operation, "401", "no session and no valid token");
            let responses = &mut operation.responses.responses;
            for (status, description) in [
                ("408", "the body came too slowly"),
                ("429", "too many requests from this address: try again after Retry-After"),
            ] {
                responses.entry(status.to_owned()).or_insert_with(|| Response::new(description).into());
            }
            refuse(operation, "503", "too many requests, or the database is away: try again after Retry-After");
            for (_, response) in operation.responses.responses.iter_mut().filter(|(status, _)| is_refusal(status)) {
                if let RefOr::T(response) = response {
                    let content = Content::new(Some(Ref::from_schema_name("Problem")));
                    response.content.insert("application/problem+json".to_owned(), content.into());
                }
            }
        }
    }
}

fn refuse(operation: &mut Operation, status: &str, description: &str) {
    operation.responses.responses.insert(status.to_owned(), Response::new(description).into());
}

fn is_refusal(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(paredao::api::routes())
        .merge(paredao::changes_api::routes())
        .merge(totals::api::routes())
        .merge(standing::api::routes())
        .merge(live::api::routes())
        .merge(finality::api::routes())
        .merge(publication::api::routes())
        .merge(dead_letters::api::routes())
        .merge(imports::api::routes())
        .merge(pipeline::api::routes())
        .merge(reconciliation::api::routes())
        .merge(users::api::routes())
        .merge(tokens::api::routes())
        .merge(account::api::routes())
        .merge(audit::api::routes())
}

/// The API.
pub(crate) fn api_routes() -> Router<App> {
    described().into()
}

/// The API's description, for people and for programs.
pub(crate) fn docs_routes() -> Router {
    let mut description = described().into_openapi();
    describe_refusals(&mut description);
    // Its validator would send the description to a site of others.
    let config = Config::default().validator_url("none");
    let docs = SwaggerUi::new("/api/docs").url("/api/openapi.json", description).config(config);
    let policy = HeaderValue::from_static(DOCS_POLICY);
    Router::new().merge(docs).layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy))
}
