//! What an operator does about a partition that has halted.

/// The command by which `partition` goes on that halted with `code`; none where no command helps. `low` is where its log
/// begins. What the operator must fill in stands in capitals: the halt's reason says it.
pub(super) fn command(code: &str, partition: i32, low: Option<i64>) -> Option<String> {
    let command = match code {
        "log_trimmed" => {
            let to = low.map_or_else(|| "OFFSET".to_owned(), |low| low.to_string());
            format!("skip --partition {partition} --to {to} --reason TEXT")
        }
        "gap" | "window_trimmed" => format!("skip --partition {partition} --to OFFSET --reason TEXT"),
        "log_shorter" | "fingerprint_mismatch" => format!("accept-new-log --partition {partition}"),
        _ => return None,
    };
    Some(format!("votes-register {command}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halt_is_answered_by_its_command() {
        let skip = |to| format!("votes-register skip --partition 3 --to {to} --reason TEXT");
        assert_eq!(command("log_trimmed", 3, Some(7)), Some(skip("7")));
        assert_eq!(command("log_trimmed", 3, None), Some(skip("OFFSET")));
        assert_eq!(command("gap", 3, Some(7)), Some(skip("OFFSET")));
        assert_eq!(command("log_shorter", 3, None).unwrap(), "votes-register accept-new-log --partition 3");
        assert_eq!(command("log_clock_leap", 3, None), None);
    }
}
