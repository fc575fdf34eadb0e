//! Scripts and styles, served from memory at addresses that change with their content.

use axum::Router;
use memory_serve::{CacheControl, MemoryServe};

/// The addresses that the pages refer to.
#[derive(Debug, Clone)]
pub struct AssetUrls {
    /// Our style sheet.
    pub css: String,
    /// Our script.
    pub js: String,
    /// Sets the widget up; runs before it.
    pub altcha_setup: String,
    /// The widget.
    pub altcha_js: String,
    /// The widget's style sheet.
    pub altcha_css: String,
    /// The widget's Portuguese.
    pub altcha_texts: String,
    /// The widget's worker.
    pub altcha_worker: String,
}

impl AssetUrls {
    /// Looks the addresses up.
    pub fn load() -> Self {
        let manifest = files().manifest();
        let url = |file: &str| format!("/assets{}", manifest.get(file).unwrap_or(file));
        Self {
            css: url("/app.css"),
            js: url("/app.js"),
            altcha_setup: url("/altcha-setup.js"),
            altcha_js: url("/vendor/altcha/altcha.js"),
            altcha_css: url("/vendor/altcha/altcha.css"),
            altcha_texts: url("/vendor/altcha/pt-br.js"),
            altcha_worker: url("/vendor/altcha/sha-worker.js"),
        }
    }
}

/// Serves the files.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    files().into_router()
}

fn files() -> MemoryServe {
    memory_serve::load!().index_file(None).cache_control(CacheControl::NoCache).enable_hashed_routes(true)
}
