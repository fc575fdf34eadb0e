//! What a program says when it gives up.

use std::error::Error;

/// One sentence: what was tried and, where that isn't the same, the cause at the bottom. What lies between repeats the
/// cause in many libraries.
pub fn sentence(error: &(dyn Error + 'static)) -> String {
    let tried = error.to_string();
    let cause = bottom(error).to_string();
    if tried.contains(&cause) { tried } else { format!("{tried}: {cause}") }
}

fn bottom<'a>(mut error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    while let Some(source) = error.source() {
        error = source;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{said}")]
    struct Layer {
        said: &'static str,
        source: Option<Box<Layer>>,
    }

    fn layers(said: &[&'static str]) -> Layer {
        let source = said.get(1..).filter(|rest| !rest.is_empty()).map(|rest| Box::new(layers(rest)));
        Layer { said: said[0], source }
    }

    #[test]
    fn the_cause_is_said_once() {
        assert_eq!(
            sentence(&layers(&["no schema", "Postgres says: no database", "no database"])),
            "no schema: no database"
        );
        assert_eq!(sentence(&layers(&["no schema: no database", "no database"])), "no schema: no database");
        assert_eq!(sentence(&layers(&["no schema"])), "no schema");
    }
}
