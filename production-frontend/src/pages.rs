//! The pages: each renders the view that the API returns. They work without scripts.

mod account;
mod audit;
mod dashboard;
mod form_fields;
mod lifecycle;
mod new;
mod paredoes;
mod parked;
mod pipeline;
mod publication;
mod reconciliation;
mod sign_in;
pub(crate) mod spreadsheet;
mod state;
mod text;
mod users;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::Timestamp;
use voting_commons::Visibility;
use voting_commons::adapters::texts::{Text, Texts};

use crate::app::{App, Zone};
use crate::auth::{Producer, Role};
use crate::error::{Error, Said};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/paredoes") }))
        .merge(sign_in::routes())
        .merge(paredoes::routes())
        .merge(dashboard::routes())
        .merge(lifecycle::routes())
        .merge(publication::routes())
        .merge(pipeline::routes())
        .merge(new::routes())
        .merge(parked::routes())
        .merge(reconciliation::routes())
        .merge(users::routes())
        .merge(account::routes())
        .merge(audit::routes())
}

/// A role in words.
fn role_text(t: &Texts, role: &Role) -> Text {
    t.text(role.text_id())
}

/// What a role may do, in words.
fn role_note(t: &Texts, role: &Role) -> Text {
    t.text(match role {
        Role::Viewer => "role-viewer-note",
        Role::Operator => "role-operator-note",
        Role::Director => "role-director-note",
    })
}

/// From when on voters see percentages, in words.
fn visibility_text(t: &Texts, visibility: &Visibility) -> Text {
    t.text(match visibility {
        Visibility::Always => "new-see-always",
        Visibility::AfterVoting => "new-see-after-voting",
        Visibility::AfterClosing => "new-see-after-closing",
        Visibility::Production => "new-see-production",
    })
}

/// The day and minute in the zone of the pages.
fn minute(t: &Texts, at: &Timestamp, zone: &Zone) -> String {
    t.minute(&at.to_zoned(zone.tz.clone()))
}

/// Renders a page.
fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => Error::Internal(error.into()).into_response(),
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    t: Texts,
    producer: Option<&'a Producer>,
    heading: Text,
    said: Text,
    /// The way out.
    back: String,
}

/// Says the errors, wherever in the service they come from, in the asker's language: to programs as problem details, to
/// people as a page or as the way to the sign-in.
pub(crate) async fn show_errors(t: Texts, State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let is_page = is_page(request.uri().path());
    let mut response = next.run(request).await;
    let Some(Said(error)) = response.extensions_mut().remove() else { return response };
    let said = match &*error {
        error if !is_page => error.details(t).into_response(),
        Error::PasswordMustChange => return Redirect::to("/conta").into_response(),
        error if error.status() == StatusCode::UNAUTHORIZED => return Redirect::to("/entrar").into_response(),
        // They shall cost little.
        error @ Error::TooManyRequests => error_page(t, error, &headers, None),
        // Nobody can be looked up while the database is away.
        error if error.status().is_server_error() => error_page(t, error, &headers, None),
        error => error_page(t, error, &headers, Producer::of(&headers, &app).await.as_ref()),
    };
    (response.into_parts().0.headers, said).into_response()
}

/// Refuses a method that an address doesn't take. Where only a form is sent to, somebody comes with GET who was refused there and
/// then chose another language: they are led to the page that has the form.
pub(crate) async fn refuse_method(method: Method, uri: Uri) -> Result<Redirect, Error> {
    if method != Method::GET || !is_page(uri.path()) {
        return Err(Error::MethodNotAllowed);
    }
    let with_all_forms = ["/usuarios", "/conta"].into_iter().find(|root| is_below(uri.path(), root));
    let above = || uri.path().rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty());
    Ok(Redirect::to(with_all_forms.or_else(above).unwrap_or("/")))
}

/// Whether people are answered there, not programs.
fn is_page(path: &str) -> bool {
    !["/api", "/photos"].iter().any(|root| is_below(path, root))
}

fn is_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// With the links to what `producer` may open.
fn error_page(t: Texts, error: &Error, headers: &HeaderMap, producer: Option<&Producer>) -> Response {
    let heading = match error.status() {
        StatusCode::NOT_FOUND => "error-not-found",
        StatusCode::INTERNAL_SERVER_ERROR => "error-internal",
        StatusCode::SERVICE_UNAVAILABLE => "error-unavailable",
        _ => "error-refused",
    };
    page(
        error.status(),
        &ErrorPage { t, producer, heading: t.text(heading), said: error.say(t), back: came_from(headers) },
    )
}

/// The page of this site that somebody came from, which has the form or the link that led to where they are; else the list of
/// paredões.
fn came_from(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let referer: Option<Uri> = text(header::REFERER).and_then(|referer| referer.parse().ok());
    let ours = referer.filter(|uri| uri.authority().is_some_and(|site| Some(site.as_str()) == text(header::HOST)));
    let page = ours.as_ref().and_then(Uri::path_and_query).map(PathAndQuery::as_str);
    // Two slashes, of either kind, would begin another site's name.
    page.filter(|page| is_page(page) && !page.starts_with("//") && !page.contains('\\'))
        .unwrap_or("/paredoes")
        .to_owned()
}
