//! What each role may do, endpoint by endpoint and page by page.

use std::collections::BTreeSet;

use production_frontend::Role;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::Service;

/// Who may use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Users and tokens of this role, or of one that may more.
    From(Role),
    /// People of this role; no token.
    People(Role),
    /// Any user, for themselves; no token.
    Themselves,
    /// Whoever knows the address.
    Anybody,
}

const VIEWER: Rule = Rule::From(Role::Viewer);
const OPERATOR: Rule = Rule::From(Role::Operator);
const DIRECTOR: Rule = Rule::From(Role::Director);

/// Every endpoint of the API. A new one must be added here, with its rule.
const ENDPOINTS: [(&str, &str, Rule); 49] = [
    ("get", "/api/v1/account", Rule::Themselves),
    ("post", "/api/v1/account/password", Rule::Themselves),
    ("post", "/api/v1/account/sign-out-everywhere", Rule::Themselves),
    ("get", "/api/v1/audit", VIEWER),
    ("get", "/api/v1/dead-letters", VIEWER),
    ("get", "/api/v1/dead-letters/{id}", VIEWER),
    ("post", "/api/v1/dead-letters/replay", OPERATOR),
    ("get", "/api/v1/dead-letters/replays/{id}", VIEWER),
    ("post", "/api/v1/dead-letters/replays/{id}/execute", OPERATOR),
    ("get", "/api/v1/imports", VIEWER),
    ("post", "/api/v1/imports", OPERATOR),
    ("get", "/api/v1/imports/{id}", VIEWER),
    ("post", "/api/v1/imports/{id}/begin", OPERATOR),
    ("get", "/api/v1/paredoes", VIEWER),
    ("post", "/api/v1/paredoes", OPERATOR),
    ("post", "/api/v1/paredoes/{slug}/open", OPERATOR),
    ("post", "/api/v1/paredoes/{slug}/close", OPERATOR),
    ("post", "/api/v1/paredoes/{slug}/edit", OPERATOR),
    ("post", "/api/v1/paredoes/{slug}/unschedule", OPERATOR),
    ("post", "/api/v1/paredoes/{slug}/reschedule", OPERATOR),
    ("post", "/api/v1/paredoes/{slug}/delete", OPERATOR),
    ("get", "/api/v1/paredoes/{slug}/finality", VIEWER),
    ("get", "/api/v1/paredoes/{slug}/counted", VIEWER),
    ("get", "/api/v1/paredoes/{slug}/publication", VIEWER),
    ("post", "/api/v1/paredoes/{slug}/publication/propose", Rule::People(Role::Director)),
    ("post", "/api/v1/paredoes/{slug}/publication/confirm", Rule::People(Role::Director)),
    ("post", "/api/v1/paredoes/{slug}/publication/withdraw", Rule::People(Role::Director)),
    ("get", "/api/v1/paredoes/{slug}/result.json", VIEWER),
    ("get", "/api/v1/paredoes/{slug}/result.json.sig", VIEWER),
    ("get", "/api/v1/paredoes/{slug}/result.csv", VIEWER),
    ("get", "/api/v1/result-keys", Rule::Anybody),
    ("get", "/api/v1/result-keys/{key_id}", Rule::Anybody),
    ("get", "/api/v1/paredoes/{slug}/totals", VIEWER),
    ("get", "/api/v1/paredoes/{slug}/standing", VIEWER),
    ("get", "/api/v1/paredoes/{slug}/live", VIEWER),
    ("get", "/api/v1/pipeline", VIEWER),
    ("get", "/api/v1/pipeline/live", VIEWER),
    ("post", "/api/v1/pipeline/pause", OPERATOR),
    ("post", "/api/v1/pipeline/resume", OPERATOR),
    ("get", "/api/v1/reconciliation", VIEWER),
    ("get", "/api/v1/tokens", DIRECTOR),
    ("post", "/api/v1/tokens", DIRECTOR),
    ("post", "/api/v1/tokens/{id}/revoke", DIRECTOR),
    ("get", "/api/v1/users", DIRECTOR),
    ("post", "/api/v1/users", DIRECTOR),
    ("post", "/api/v1/users/{id}/role", DIRECTOR),
    ("post", "/api/v1/users/{id}/deactivate", DIRECTOR),
    ("post", "/api/v1/users/{id}/activate", DIRECTOR),
    ("post", "/api/v1/users/{id}/password", DIRECTOR),
];

/// The pages, and what their forms send to.
const PAGES: [(&str, &str, Role); 44] = [
    ("get", "/paredoes", Role::Viewer),
    ("post", "/paredoes", Role::Operator),
    ("get", "/novo", Role::Operator),
    ("get", "/paredoes/nada", Role::Viewer),
    ("get", "/paredoes/nada/totals.csv", Role::Viewer),
    ("get", "/paredoes/nada/totals.json", Role::Viewer),
    ("post", "/paredoes/nada/abrir", Role::Operator),
    ("post", "/paredoes/nada/encerrar", Role::Operator),
    ("get", "/paredoes/nada/editar", Role::Operator),
    ("post", "/paredoes/nada/editar", Role::Operator),
    ("post", "/paredoes/nada/desmarcar", Role::Operator),
    ("post", "/paredoes/nada/remarcar", Role::Operator),
    ("post", "/paredoes/nada/apagar", Role::Operator),
    ("post", "/paredoes/nada/propor", Role::Director),
    ("post", "/paredoes/nada/publicar", Role::Director),
    ("post", "/paredoes/nada/retirar", Role::Director),
    ("get", "/paredoes/nada/resultado", Role::Viewer),
    ("get", "/paredoes/nada/resultado.json", Role::Viewer),
    ("get", "/paredoes/nada/resultado.json.sig", Role::Viewer),
    ("get", "/paredoes/nada/resultado.csv", Role::Viewer),
    ("get", "/contagem", Role::Viewer),
    ("get", "/contagem/pausar", Role::Operator),
    ("post", "/contagem/pausar", Role::Operator),
    ("get", "/contagem/retomar", Role::Operator),
    ("post", "/contagem/retomar", Role::Operator),
    ("get", "/separados", Role::Viewer),
    ("post", "/separados/simular", Role::Operator),
    ("get", "/separados/0", Role::Viewer),
    ("get", "/separados/reprocessamentos/0", Role::Viewer),
    ("post", "/separados/reprocessamentos/0/contar", Role::Operator),
    ("get", "/conferencia", Role::Viewer),
    ("get", "/registro", Role::Viewer),
    ("get", "/registro.csv", Role::Viewer),
    ("get", "/conta", Role::Viewer),
    ("post", "/conta/senha", Role::Viewer),
    ("get", "/usuarios", Role::Director),
    ("post", "/usuarios", Role::Director),
    ("post", "/usuarios/0/papel", Role::Director),
    ("post", "/usuarios/0/desativar", Role::Director),
    ("post", "/usuarios/0/ativar", Role::Director),
    ("post", "/usuarios/0/senha", Role::Director),
    ("post", "/usuarios/tokens", Role::Director),
    ("post", "/usuarios/tokens/0/revogar", Role::Director),
    ("post", "/conta/sair-de-todos", Role::Viewer),
];

const ROLES: [Role; 3] = [Role::Viewer, Role::Operator, Role::Director];

fn request(service: &Service, client: &Client, method: &str, path: &str) -> RequestBuilder {
    let path = path.replace("{slug}", "nada").replace("{id}", "0").replace("{key_id}", "nada");
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    client.request(method, format!("{}{path}", service.url))
}

async fn problem(response: Response) -> (StatusCode, String) {
    let status = response.status();
    if status.is_success() {
        // It may be a stream that never ends.
        return (status, String::new());
    }
    let problem: Value = response.json().await.unwrap_or_default();
    (status, problem["type"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn every_endpoint_has_a_rule_and_its_description_says_it() {
    let service = Service::start().await;
    let description = service.get("/api/openapi.json").await;
    let mut described = BTreeSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            described.insert((method.clone(), path.clone()));
            let rule = ENDPOINTS.iter().find(|endpoint| (endpoint.0, endpoint.1) == (method.as_str(), path.as_str()));
            let Some((_, _, rule)) = rule else { panic!("{method} {path} has no rule") };
            let said = operation.get("security").unwrap_or(&description["security"]);
            let expected = match rule {
                Rule::From(role) => json!([{"bearer": [role]}]),
                Rule::People(role) => json!([{"session": [role]}]),
                Rule::Themselves => json!([{"session": ["viewer"]}]),
                Rule::Anybody => json!([{}]),
            };
            assert_eq!(*said, expected, "{method} {path}");
            assert!(method == "get" || *rule != VIEWER, "{path} changes something, and a viewer may");
        }
    }
    let ruled: BTreeSet<_> = ENDPOINTS.iter().map(|(method, path, _)| (method.to_string(), path.to_string())).collect();
    assert_eq!(described, ruled, "a rule is for an endpoint that isn't there");
}

#[tokio::test]
async fn each_role_may_what_its_endpoints_say_and_no_more() {
    let service = Service::start().await;
    let client = Client::new();
    for role in ROLES {
        let token = service.token_of(role).await;
        for (method, path, rule) in ENDPOINTS {
            let sent = request(&service, &client, method, path).bearer_auth(&token).send().await.unwrap();
            let (status, kind) = problem(sent).await;
            let refusal = match rule {
                Rule::From(needed) | Rule::People(needed) if role < needed => Some("/problems/role-too-low"),
                Rule::Themselves => Some("/problems/not-a-user"),
                _ => None,
            };
            if let Some(refusal) = refusal {
                assert_eq!((status, kind.as_str()), (StatusCode::FORBIDDEN, refusal), "{role:?} {path}");
            } else if let Rule::People(_) = rule {
                assert!(status.is_client_error(), "{role:?} {method} {path}: {status}");
            } else {
                assert!(![401, 403].contains(&status.as_u16()), "{role:?} {method} {path}: {status}");
            }
        }
    }
    for (method, path, _) in ENDPOINTS.into_iter().filter(|(_, _, rule)| *rule != Rule::Anybody) {
        let sent = request(&service, &client, method, path).send().await.unwrap();
        assert_eq!(problem(sent).await.0, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}

#[tokio::test]
async fn each_role_opens_the_pages_that_are_for_it() {
    let service = Service::start().await;
    for role in ROLES {
        let browser = service.browser_of(role).await;
        for (method, path, needed) in PAGES {
            let status = request(&service, &browser, method, path).send().await.unwrap().status();
            assert_eq!(status == StatusCode::FORBIDDEN, role < needed, "{role:?} {method} {path}: {status}");
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_refusal_says_which_role_it_takes_and_pages_offer_no_more_than_that() {
    let service = Service::start().await;
    let viewer = service.browser_of(Role::Viewer).await;
    let page =
        async |path: &str| viewer.get(format!("{}{path}", service.url)).send().await.unwrap().text().await.unwrap();
    let refused = page("/usuarios").await;
    assert!(refused.contains("direção") && refused.contains("leitura"), "{refused}");
    assert!(refused.contains("href=\"/registro\""), "what they may open is still offered");
    service.open_paredao("final", None).await;
    for (path, offered) in [("/paredoes", "/novo"), ("/paredoes/final", "/encerrar"), ("/contagem", "/contagem/pausar")]
    {
        assert!(!page(path).await.contains(offered), "{path} offers {offered}");
    }
    assert!(!page("/paredoes").await.contains("href=\"/usuarios\""));
    let director = service.browser().await;
    let list = director.get(format!("{}/paredoes", service.url)).send().await.unwrap().text().await.unwrap();
    for path in ["/paredoes", "/contagem", "/usuarios", "/registro", "/conta"] {
        assert!(list.contains(&format!("href=\"{path}\"")), "{path} isn't offered");
    }
}

#[tokio::test]
async fn another_site_can_send_nothing_in_a_directors_name() {
    let service = Service::start().await;
    let director = service.browser().await;
    let endpoints = ENDPOINTS.iter().map(|(method, path, _)| (method, path));
    let pages = PAGES.iter().map(|(method, path, _)| (method, path));
    for (method, path) in endpoints.chain(pages).filter(|(method, _)| **method == "post") {
        let forged = request(&service, &director, method, path).header("sec-fetch-site", "cross-site");
        let (status, said) = {
            let response = forged.send().await.unwrap();
            (response.status(), response.text().await.unwrap())
        };
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
        assert!(said.contains("outro site"), "{path}: {said}");
    }
    let account = request(&service, &director, "get", "/api/v1/account").send().await.unwrap();
    assert_eq!(account.status(), StatusCode::OK, "the session has gone on");
}
