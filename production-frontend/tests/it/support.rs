//! A running service, and clients for it.

use std::io::Cursor;

use image::{ImageFormat, Rgba, RgbaImage};
use production_frontend::{Listeners, Options, Role, commands};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use serde_json::Value;
use test_support::{TestDatabase, fresh_database, unique_name};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use voting_commons::adapters::edge::EdgeArgs;
use voting_commons::adapters::postgres::PostgresArgs;

pub(crate) const USER: &str = "producao";
pub(crate) const PASSWORD: &str = "uma senha boa";
/// The key that signs results: an example of RFC 8410.
pub(crate) const RESULT_KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/rfc8410-key.pem");
/// Its name.
pub(crate) const RESULT_KEY_ID: &str = "a1e9156054e04fac";

pub(crate) struct Service {
    pub(crate) database: TestDatabase,
    pub(crate) url: String,
    pub(crate) admin_url: String,
    pub(crate) token: String,
    _shutdown: DropGuard,
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::start_with(false).await
    }

    pub(crate) async fn start_with(cookie_secure: bool) -> Self {
        Self::start_at(cookie_secure, EdgeArgs::default()).await
    }

    /// With these limits.
    pub(crate) async fn start_at(cookie_secure: bool, edge: EdgeArgs) -> Self {
        let database = fresh_database().await;
        let postgres = database.as_service("production-frontend");
        commands::add_user(&postgres, "test", USER, None, PASSWORD).await.unwrap();
        let token = commands::add_token(&postgres, "test", &unique_name("token"), Some(Role::Director)).await.unwrap();
        let Served { url, admin_url, shutdown } = serve(postgres, cookie_secure, edge).await;
        Self { database, url, admin_url, token, _shutdown: shutdown }
    }

    /// A script's request.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        Client::new().request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str) -> Response {
        self.request(Method::POST, path).send().await.unwrap()
    }

    pub(crate) async fn create(&self, form: Form) -> Response {
        self.request(Method::POST, "/api/v1/paredoes").multipart(form).send().await.unwrap()
    }

    /// A paredão open since long ago, with the ids of its participants. Such a one can't be made any more.
    pub(crate) async fn open_paredao(&self, slug: &str, closes_at: Option<&str>) -> (i32, Vec<i32>) {
        let response = self.create(form(slug)).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        let view: Value = response.json().await.unwrap();
        let participants = view["participants"].as_array().unwrap();
        let ids = participants.iter().map(|participant| id(&participant["id"])).collect();
        let paredao = sqlx::query_scalar(
            "UPDATE paredao SET opens_at = '2020-01-01T00:00:00Z', closes_at = $2::text::timestamptz
             WHERE slug = $1 RETURNING id",
        )
        .bind(slug)
        .bind(closes_at)
        .fetch_one(&self.database.pool)
        .await
        .unwrap();
        (paredao, ids)
    }

    pub(crate) async fn vote(&self, paredao: i32, start: &str, participant: i32, votes: i64) {
        let start: jiff::Timestamp = start.parse().unwrap();
        sqlx::query(
            "INSERT INTO bucket (paredao, start, participant, partition, votes)
             VALUES ($1, to_timestamp($2::bigint), $3, 0, $4)",
        )
        .bind(paredao)
        .bind(start.as_second())
        .bind(participant)
        .bind(votes)
        .execute(&self.database.pool)
        .await
        .unwrap();
    }

    /// A new token of this role.
    pub(crate) async fn token_of(&self, role: Role) -> String {
        commands::add_token(&self.database.as_service("production-frontend"), "test", &unique_name("token"), Some(role))
            .await
            .unwrap()
    }

    /// A browser in which a new user of this role has signed in.
    pub(crate) async fn browser_of(&self, role: Role) -> Client {
        let (name, browser) = (unique_name("user"), browser());
        commands::add_user(&self.database.as_service("production-frontend"), "test", &name, Some(role), PASSWORD)
            .await
            .unwrap();
        let response = sign_in(&browser, &self.url, &name, PASSWORD).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        browser
    }

    /// A browser that has signed in.
    pub(crate) async fn browser(&self) -> Client {
        let browser = browser();
        let response = sign_in(&browser, &self.url, USER, PASSWORD).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        browser
    }
}

/// Where a service listens; it stops when the guard is dropped.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) admin_url: String,
    pub(crate) shutdown: DropGuard,
}

/// Starts the service on free ports.
pub(crate) async fn serve(postgres: PostgresArgs, cookie_secure: bool, edge: EdgeArgs) -> Served {
    let bind = || TcpListener::bind("127.0.0.1:0");
    let listeners = Listeners { pages: bind().await.unwrap(), admin: bind().await.unwrap() };
    let url = format!("http://{}", listeners.pages.local_addr().unwrap());
    let admin_url = format!("http://{}", listeners.admin.local_addr().unwrap());
    let shutdown = CancellationToken::new();
    let result_signing_key = Some(RESULT_KEY.into());
    let zone = "America/Sao_Paulo".to_owned();
    let options = Options { zone, cookie_secure, edge, result_signing_key };
    let stop = shutdown.clone();
    tokio::spawn(async move { production_frontend::run(listeners, &postgres, options, stop).await.unwrap() });
    Served { url, admin_url, shutdown: shutdown.drop_guard() }
}

/// Keeps cookies, and shows redirects instead of following them.
pub(crate) fn browser() -> Client {
    Client::builder().cookie_store(true).redirect(redirect::Policy::none()).build().unwrap()
}

pub(crate) async fn sign_in(browser: &Client, url: &str, name: &str, password: &str) -> Response {
    let form = [("name", name), ("password", password)];
    browser.post(format!("{url}/entrar")).form(&form).send().await.unwrap()
}

/// What it takes to make a paredão of two.
pub(crate) fn form(slug: &str) -> Form {
    form_of(slug, "Quem sai?", &["Ana", "Bruno"])
}

pub(crate) fn form_of(slug: &str, title: &str, names: &[&str]) -> Form {
    let form = Form::new().text("slug", slug.to_owned()).text("title", title.to_owned());
    names.iter().fold(form, |form, name| form.text("participant", name.to_string()))
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbaImage::from_pixel(width, height, Rgba([90, 40, 200, 255])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

pub(crate) fn photo(bytes: Vec<u8>) -> Part {
    Part::bytes(bytes).file_name("foto.png").mime_str("image/png").unwrap()
}

pub(crate) fn id(value: &Value) -> i32 {
    value.as_i64().unwrap().try_into().unwrap()
}
