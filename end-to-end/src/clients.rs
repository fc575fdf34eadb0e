//! The two public APIs, as a script would use them.

use reqwest::multipart::Form;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::REQUEST_TIMEOUT;

/// An answer's status and JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The `Retry-After` header, in seconds.
    pub retry_after: Option<u64>,
    /// The body; null when it isn't JSON.
    pub body: Value,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        Self { status: response.status(), retry_after, body: response.json().await.unwrap_or(Value::Null) }
    }

    /// A member of the body that is a string.
    ///
    /// # Panics
    /// When there is none.
    pub fn text(&self, member: &str) -> String {
        self.body[member].as_str().unwrap_or_else(|| panic!("no {member} in {self:?}")).to_owned()
    }
}

/// A paredão made for a test.
#[derive(Debug, Clone)]
pub struct Paredao {
    /// Its name in URLs.
    pub slug: String,
    /// Its participants' ids, in order.
    pub participants: Vec<i64>,
}

/// The voters' API.
#[derive(Debug, Clone)]
pub struct Voters {
    client: Client,
    /// Where it is.
    pub url: String,
}

impl Voters {
    pub(crate) fn new(url: &str) -> Self {
        Self { client: client(), url: url.to_owned() }
    }

    /// Asks for a ballot; its token.
    ///
    /// # Panics
    /// When none is given.
    pub async fn ballot(&self, slug: &str, participant: i64) -> String {
        let body = json!({"paredao": slug, "participant": participant});
        let answer = self.post("/api/v1/ballots", &body).await.expect("the voters' frontend answers");
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.text("ballot")
    }

    /// Casts a ballot.
    ///
    /// # Errors
    /// When there was no answer.
    pub async fn cast(&self, ballot: &str) -> Result<Answer, reqwest::Error> {
        self.post("/api/v1/votes", &json!({"ballot": ballot})).await
    }

    /// The panorama's answer.
    ///
    /// # Panics
    /// When there is none.
    pub async fn panorama(&self, slug: &str) -> Answer {
        let url = format!("{}/api/v1/paredoes/{slug}/panorama", self.url);
        Answer::of(self.client.get(url).send().await.expect("the voters' frontend answers")).await
    }

    /// Whether this paredão can be voted in.
    pub async fn knows(&self, slug: &str) -> bool {
        let Ok(response) = self.client.get(format!("{}/api/v1/paredoes", self.url)).send().await else {
            return false;
        };
        let body = Answer::of(response).await.body;
        body.as_array().into_iter().flatten().any(|paredao| paredao["slug"] == slug && paredao["status"] == "open")
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer, reqwest::Error> {
        let response = self.client.post(format!("{}{path}", self.url)).json(body).send().await?;
        Ok(Answer::of(response).await)
    }
}

/// The production team's API.
#[derive(Debug, Clone)]
pub struct Production {
    client: Client,
    /// Where it is.
    pub url: String,
    /// The bearer token.
    pub token: String,
}

impl Production {
    pub(crate) fn new(url: &str, token: &str) -> Self {
        Self { client: client(), url: url.to_owned(), token: token.to_owned() }
    }

    /// Makes a paredão with three participants, and opens it.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn open_paredao(&self, slug: &str) -> Paredao {
        let mut form = Form::new().text("slug", slug.to_owned()).text("title", "Quem sai?");
        for name in ["Ana", "Bento", "Cida"] {
            form = form.text("participant", name);
        }
        let made = self.post("/api/v1/paredoes", Some(form)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let opened = self.post(&format!("/api/v1/paredoes/{slug}/open"), None).await;
        assert_eq!(opened.status, StatusCode::OK, "{opened:?}");
        let participants = made.body["participants"].as_array().expect("a list");
        Paredao {
            slug: slug.to_owned(),
            participants: participants.iter().filter_map(|participant| participant["id"].as_i64()).collect(),
        }
    }

    /// Exact totals; `query` as in a URL.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn totals(&self, slug: &str, query: &str) -> Answer {
        self.get(&format!("/api/v1/paredoes/{slug}/totals?{query}")).await
    }

    /// What lies at `path`.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn get(&self, path: &str) -> Answer {
        let response = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await;
        Answer::of(response.expect("the production's frontend answers")).await
    }

    /// The bytes that lie at `path`.
    ///
    /// # Panics
    /// When there are none.
    pub async fn download(&self, path: &str) -> Vec<u8> {
        let response = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token).send().await;
        let response = response.expect("the production's frontend answers");
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.bytes().await.expect("a whole answer").to_vec()
    }

    /// Asks for a replay of parked votes.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn replay(&self, order: &Value) -> Answer {
        self.post_json("/api/v1/dead-letters/replay", order).await
    }

    /// Sends `body` to `path`.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body);
        Answer::of(request.send().await.expect("the production's frontend answers")).await
    }

    async fn post(&self, path: &str, form: Option<Form>) -> Answer {
        let mut request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(form) = form {
            request = request.multipart(form);
        }
        Answer::of(request.send().await.expect("the production's frontend answers")).await
    }
}

fn client() -> Client {
    Client::builder().timeout(REQUEST_TIMEOUT).build().expect("a client without TLS always builds")
}
