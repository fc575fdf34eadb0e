//! Secrets: values that nothing prints, out of the environment or out of files.

use std::convert::Infallible;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::str::FromStr;

use clap::error::ErrorKind;
use clap::{Arg, Command, Parser};

/// Text that must not reach a log, a help page or an error message.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Reads the arguments of this process. Each secret among them, known by its hidden variable, may also lie in a file that
/// another variable names: `BALLOT_KEYS` in the one that `BALLOT_KEYS_FILE` names. The end of its last line isn't part of it.
///
/// Ends the process with a sentence where that can't be done.
pub fn parse_arguments<Arguments: Parser>() -> Arguments {
    let mut command = with_files(Arguments::command(), &|name| env::var_os(name)).unwrap_or_else(|error| error.exit());
    let mut matches = command.get_matches_mut();
    let read = Arguments::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command));
    read.unwrap_or_else(|error| error.exit())
}

/// The command with the secrets that lie in files as its defaults.
fn with_files(command: Command, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Command, clap::Error> {
    let mut refused = None;
    let mut filled = fill(command, &mut |arg| match with_file(arg.clone(), variable) {
        Ok(arg) => arg,
        Err(reason) => {
            refused = Some(reason);
            arg
        }
    });
    match refused {
        Some(reason) => Err(filled.error(ErrorKind::ValueValidation, reason)),
        None => Ok(filled),
    }
}

fn fill(command: Command, with_file: &mut dyn FnMut(Arg) -> Arg) -> Command {
    command.mut_args(&mut *with_file).mut_subcommands(|subcommand| fill(subcommand, &mut *with_file))
}

fn with_file(arg: Arg, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<Arg, String> {
    let Some(name) = arg.get_env().filter(|_| arg.is_hide_env_values_set()) else { return Ok(arg) };
    let name = name.to_string_lossy().into_owned();
    let names_file = format!("{name}_FILE");
    let help = format!("{}; or in the file that {names_file} names", arg.get_help().cloned().unwrap_or_default());
    let arg = arg.help(help);
    let Some(path) = variable(&names_file) else { return Ok(arg) };
    if variable(&name).is_some() {
        return Err(format!("{name} and {names_file} are both set, and only one can be meant"));
    }
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("{names_file}: can't read {}: {error}", path.to_string_lossy()))?;
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    Ok(arg.required(false).default_value(text).hide_default_value(true))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use clap::{Args, CommandFactory as _, FromArgMatches as _, Subcommand};

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(subcommand)]
        command: Sub,
    }

    #[derive(Debug, Subcommand)]
    enum Sub {
        Serve(Options),
    }

    #[derive(Debug, Args)]
    struct Options {
        /// What seals
        #[arg(long, env = "TEST_ONLY_KEY", hide_env_values = true)]
        key: Secret,
        /// Where
        #[arg(long, env = "TEST_ONLY_PLACE", default_value = "here")]
        place: String,
    }

    fn file_with(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
        file.write_all(text.as_bytes()).expect("a file can be written");
        file
    }

    fn command(variables: &[(&str, &str)]) -> Result<Command, clap::Error> {
        let found = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        with_files(Cli::command(), &found)
    }

    fn parsed(variables: &[(&str, &str)]) -> Result<Options, clap::Error> {
        let mut matches = command(variables)?.try_get_matches_from(["program", "serve"])?;
        let Cli { command: Sub::Serve(options) } = Cli::from_arg_matches_mut(&mut matches)?;
        Ok(options)
    }

    #[test]
    fn a_secret_may_lie_in_a_file() {
        let file = file_with("hidden words\r\n");
        let options = parsed(&[("TEST_ONLY_KEY_FILE", file.path().to_str().unwrap())]).unwrap();
        assert_eq!(options.key.reveal(), "hidden words");
        assert_eq!(options.place, "here");
    }

    #[test]
    fn only_secrets_are_read_from_files() {
        let file = file_with("there");
        let key = file_with("hidden");
        let path = |file: &tempfile::NamedTempFile| file.path().to_str().unwrap().to_owned();
        let options = parsed(&[("TEST_ONLY_PLACE_FILE", &path(&file)), ("TEST_ONLY_KEY_FILE", &path(&key))]).unwrap();
        assert_eq!(options.place, "here");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let error = parsed(&[("TEST_ONLY_KEY_FILE", "/nowhere/key")]).unwrap_err();
        assert!(error.to_string().contains("TEST_ONLY_KEY_FILE: can't read /nowhere/key: No such file"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn one_place_is_enough() {
        let error = parsed(&[("TEST_ONLY_KEY_FILE", "/nowhere/key"), ("TEST_ONLY_KEY", "hidden")]).unwrap_err();
        assert!(error.to_string().contains("TEST_ONLY_KEY and TEST_ONLY_KEY_FILE are both set"), "{error}");
        assert!(!error.to_string().contains("hidden"), "{error}");
        assert!(parsed(&[]).unwrap_err().to_string().contains("--key <KEY>"));
    }

    #[test]
    fn help_names_the_file_and_shows_nothing_of_it() {
        let file = file_with("hidden");
        let command = command(&[("TEST_ONLY_KEY_FILE", file.path().to_str().unwrap())]).unwrap();
        let help = command.clone().try_get_matches_from(["program", "serve", "--help"]).unwrap_err().to_string();
        assert!(help.contains("What seals; or in the file that TEST_ONLY_KEY_FILE names"), "{help}");
        assert!(!help.contains("hidden"), "{help}");
    }
}
