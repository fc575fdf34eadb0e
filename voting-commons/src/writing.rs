//! How each language writes numbers, percentages and moments.

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_decimal::options::DecimalFormatterOptions;
use icu_locale_core::locale;
use jiff::Zoned;

use crate::language::Language;
use crate::percentages::Percent;

impl Language {
    /// `1234567` as `1.234.567` or `1,234,567`.
    pub fn number(self, number: i64) -> String {
        self.decimal(number, 0)
    }

    /// `number` with its last `decimals` digits behind the point: `-1250` with two as `-12,50` or `-12.50`.
    pub fn decimal(self, number: i64, decimals: u8) -> String {
        let mut decimal = Decimal::from(number);
        decimal.absolute.multiply_pow10(-i16::from(decimals));
        decimal.absolute.pad_end(-i16::from(decimals));
        self.write(&decimal)
    }

    /// With both its decimals: `47,30 %` or `47.30%`, the first with a space that doesn't break.
    pub fn percent(self, percent: Percent) -> String {
        let number = self.decimal(percent.hundredths().into(), 2);
        match self {
            Self::Portuguese => format!("{number}\u{a0}%"),
            Self::English => format!("{number}%"),
        }
    }

    /// A day: `21/11/2026` or `Nov 21, 2026`.
    pub fn day(self, at: &Zoned) -> String {
        let format = match self {
            Self::Portuguese => "%d/%m/%Y",
            Self::English => "%b %-d, %Y",
        };
        at.strftime(format).to_string()
    }

    /// A day of a year that goes without saying: `21/11` or `Nov 21`.
    pub fn short_day(self, at: &Zoned) -> String {
        let format = match self {
            Self::Portuguese => "%d/%m",
            Self::English => "%b %-d",
        };
        at.strftime(format).to_string()
    }

    /// A day and minute: `21/11/2026 às 21:30` or `Nov 21, 2026, 21:30`.
    pub fn minute(self, at: &Zoned) -> String {
        let between = match self {
            Self::Portuguese => " às ",
            Self::English => ", ",
        };
        format!("{}{between}{}", self.day(at), at.strftime("%H:%M"))
    }

    /// `decimal` as this language groups and points it. The formatter's data is compiled in, and making one takes no time.
    pub(crate) fn write(self, decimal: &Decimal) -> String {
        let locale = match self {
            Self::Portuguese => locale!("pt-BR"),
            Self::English => locale!("en"),
        };
        let formatter = DecimalFormatter::try_new(locale.into(), DecimalFormatterOptions::default());
        formatter.expect("both languages are compiled in").format(decimal).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both<T>(write: impl Fn(Language) -> T) -> [T; 2] {
        Language::ALL.map(write)
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(both(|language| language.number(1_234_567)), ["1.234.567", "1,234,567"]);
        assert_eq!(both(|language| language.number(-1000)), ["-1.000", "-1,000"]);
        assert_eq!(both(|language| language.number(999)), ["999", "999"]);
        assert_eq!(both(|language| language.number(0)), ["0", "0"]);
    }

    #[test]
    fn decimals_keep_their_zeros() {
        assert_eq!(both(|language| language.decimal(-125_050, 2)), ["-1.250,50", "-1,250.50"]);
        assert_eq!(both(|language| language.decimal(15, 1)), ["1,5", "1.5"]);
        assert_eq!(both(|language| language.decimal(7, 2)), ["0,07", "0.07"]);
    }

    #[test]
    fn percentages_have_two_decimals() {
        let percent = |hundredths: i32| Percent::try_from(hundredths).unwrap();
        assert_eq!(both(|language| language.percent(percent(4730))), ["47,30\u{a0}%", "47.30%"]);
        assert_eq!(both(|language| language.percent(percent(0))), ["0,00\u{a0}%", "0.00%"]);
        assert_eq!(both(|language| language.percent(percent(10_000))), ["100,00\u{a0}%", "100.00%"]);
    }

    #[test]
    fn moments_are_written_as_each_language_does() {
        let at: Zoned = "2026-11-05T21:30[America/Sao_Paulo]".parse().unwrap();
        assert_eq!(both(|language| language.minute(&at)), ["05/11/2026 às 21:30", "Nov 5, 2026, 21:30"]);
        assert_eq!(both(|language| language.short_day(&at)), ["05/11", "Nov 5"]);
    }
}
