//! The cookie by which a browser shows that it has voted in a paredão. It says that and nothing else: not who, not for
//! whom, not when.

use std::time::Duration;

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use voting_commons::ParedaoId;

use crate::seal::{Purpose, Sealer};

/// How long a browser keeps it: longer than any paredão is open.
const LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// One cookie per paredão, for several may be open at once. With the prefix, browsers let only this host set it, over HTTPS.
fn name(paredao: ParedaoId, is_secure: bool) -> String {
    let prefix = if is_secure { "__Host-" } else { "" };
    format!("{prefix}voted-{paredao}")
}

/// Shows that its browser has voted in `paredao`. No script can read it, and no other site's form sends it.
pub(crate) fn cookie(sealer: &Sealer, paredao: ParedaoId, is_secure: bool) -> Cookie<'static> {
    let cookie = Cookie::build((name(paredao, is_secure), sealer.seal(Purpose::Voted, &paredao)));
    let cookie = cookie.path("/").http_only(true).same_site(SameSite::Lax).secure(is_secure);
    cookie.max_age(LIFE.try_into().expect("a month is a length of time")).build()
}

/// Whether `cookies` show a vote in `paredao`.
pub(crate) fn has_voted(sealer: &Sealer, cookies: &CookieJar, paredao: ParedaoId, is_secure: bool) -> bool {
    let opened =
        cookies.get(&name(paredao, is_secure)).map(|cookie| sealer.open::<ParedaoId>(Purpose::Voted, cookie.value()));
    opened == Some(Ok(paredao))
}

#[cfg(test)]
mod tests {
    use super::*;
    use voting_commons::adapters::secret::Secret;

    fn sealer(byte: u8) -> Sealer {
        use base64::Engine;
        let key = base64::engine::general_purpose::STANDARD.encode([byte; 32]);
        Sealer::parse(&Secret::from(format!("test:{key}"))).unwrap()
    }

    fn paredao(id: i64) -> ParedaoId {
        id.try_into().unwrap()
    }

    #[test]
    fn a_vote_in_one_paredao_is_none_in_another() {
        let (sealer, stranger) = (sealer(1), sealer(2));
        let cookies = CookieJar::new().add(cookie(&sealer, paredao(1), true));
        assert!(has_voted(&sealer, &cookies, paredao(1), true));
        assert!(!has_voted(&sealer, &cookies, paredao(1), false), "whoever could set it by HTTP gains nothing");
        assert!(!has_voted(&sealer, &cookies, paredao(2), true));
        assert!(!has_voted(&stranger, &cookies, paredao(1), true));

        // The same seal under the other one's name.
        let sealed = cookie(&sealer, paredao(1), true).value().to_owned();
        let renamed = CookieJar::new().add(Cookie::new(name(paredao(2), true), sealed));
        assert!(!has_voted(&sealer, &renamed, paredao(2), true));
        let ballot = Cookie::new(name(paredao(2), true), sealer.seal(Purpose::Ballot, &paredao(2)));
        assert!(!has_voted(&sealer, &CookieJar::new().add(ballot), paredao(2), true));
    }

    #[test]
    fn no_script_and_no_other_site_gets_it() {
        let cookie = cookie(&sealer(1), paredao(1), true);
        assert_eq!((cookie.http_only(), cookie.secure()), (Some(true), Some(true)));
        assert_eq!(cookie.same_site(), Some(SameSite::Lax));
    }
}
