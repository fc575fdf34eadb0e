//! Reading JSON bodies, with problem details for those that can't be read.

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use crate::problem::{Error, Problem};

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => {
                Err(Error { about: Some(rejection.body_text()), ..unreadable(rejection.status()).into() })
            }
        }
    }
}

/// The problem behind the status with which axum refuses a body.
pub(crate) fn unreadable(status: StatusCode) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::MediaTypeUnsupported,
        StatusCode::UNPROCESSABLE_ENTITY => Problem::BodyInvalid,
        _ => Problem::BodyMalformed,
    }
}
