//! The API's routes and its description, which is made from the handlers themselves.

use axum::Router;
use axum::http::{HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

use crate::app::App;
use crate::{paredao, totals};

/// Swagger UI styles its own elements and draws with data URLs.
const DOCS_POLICY: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Produção",
        description = "Criar, abrir e encerrar paredões, e os totais exatos. Erros são RFC 9457 (application/problem+json)."
    ),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi()).merge(paredao::api::routes()).merge(totals::api::routes())
}

/// The API.
pub(crate) fn api_routes() -> Router<App> {
    described().into()
}

/// The API's description, for people and for programs.
pub(crate) fn docs_routes() -> Router {
    let description = described().into_openapi();
    let policy = HeaderValue::from_static(DOCS_POLICY);
    Router::new()
        .merge(SwaggerUi::new("/api/docs").url("/api/openapi.json", description))
        .layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy))
}
