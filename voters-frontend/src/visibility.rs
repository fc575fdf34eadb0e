//! Who is shown percentages, and what the others are told: one rule for the pages, the API and the streams.

use voting_commons::Visibility;

use crate::snapshot::Status;

/// Why somebody isn't shown percentages, in Portuguese; `None` when they are shown.
pub fn why_hidden(visibility: Visibility, status: Status, has_voted: bool) -> Option<&'static str> {
    let is_closed = status == Status::Closed;
    match visibility {
        Visibility::AfterVoting if !has_voted && !is_closed => {
            Some("Os resultados aparecem aqui depois que você votar.")
        }
        Visibility::AfterClosing if !is_closed => Some("Os resultados aparecem aqui quando a votação terminar."),
        Visibility::Production => Some("Os resultados serão mostrados no programa."),
        Visibility::Always | Visibility::AfterVoting | Visibility::AfterClosing => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For a scheduled, an open and a closed paredão; first without a vote, then with one.
    fn shown(visibility: Visibility) -> [[bool; 3]; 2] {
        let statuses = [Status::Scheduled, Status::Open, Status::Closed];
        [false, true].map(|has_voted| statuses.map(|status| why_hidden(visibility, status, has_voted).is_none()))
    }

    #[test]
    fn percentages_are_shown_to_whom_the_paredao_says() {
        assert_eq!(shown(Visibility::Always), [[true; 3]; 2]);
        assert_eq!(shown(Visibility::AfterVoting), [[false, false, true], [true; 3]]);
        assert_eq!(shown(Visibility::AfterClosing), [[false, false, true]; 2]);
        assert_eq!(shown(Visibility::Production), [[false; 3]; 2]);
    }
}
