//! Who is shown percentages, and what the others are told: one rule for the pages, the API and the streams.

use voting_commons::Visibility;

use crate::snapshot::Status;

/// What keeps somebody from being shown percentages: `visibility`, or nothing.
pub fn why_hidden(visibility: Visibility, status: Status, has_voted: bool) -> Option<Visibility> {
    let is_closed = status == Status::Closed;
    let is_hidden = match visibility {
        Visibility::Always => false,
        Visibility::AfterVoting => !has_voted && !is_closed,
        Visibility::AfterClosing => !is_closed,
        Visibility::Production => true,
    };
    is_hidden.then_some(visibility)
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
