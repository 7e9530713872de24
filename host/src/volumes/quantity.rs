//! Quantities of storage, as claims have them.

/// How many bytes a quantity is, such as `10Gi`, `1.5G` or `1e9`; none of what is no quantity or more than can be. Parts
/// of a byte count as one.
pub fn bytes(quantity: &str) -> Option<u64> {
    let digits = quantity
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(quantity.len());
    let (number, suffix) = quantity.split_at_checked(digits)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || fraction.len() > 9 {
        return None;
    }
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits = format!("{whole}{fraction}").parse::<u128>().ok()?;
    let parts = digits.checked_mul(factor(suffix)?)?;
    // A suffix for thousandths makes the divisor larger, not the factor smaller.
    let divisor = scale.checked_mul(if suffix == "m" { 1000 } else { 1 })?;
    u64::try_from(parts.div_ceil(divisor)).ok()
}

fn factor(suffix: &str) -> Option<u128> {
    const DECIMAL: &str = "kMGTPE";
    const BINARY: &str = "KMGTPE";
    if let Some(exponent) = suffix
        .strip_prefix(['e', 'E'])
        .filter(|exponent| !exponent.is_empty())
    {
        return 10_u128.checked_pow(exponent.parse().ok()?);
    }
    match suffix {
        "" | "m" => Some(1),
        _ => {
            let (letters, base, letter) = match suffix.strip_suffix('i') {
                Some(letter) => (BINARY, 1024_u128, letter),
                None => (DECIMAL, 1000, suffix),
            };
            let mut letters = letters.chars().zip(1_u32..);
            let (_, power) = letters.find(|(known, _)| letter == known.to_string())?;
            base.checked_pow(power)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0", Some(0))]
    #[case("1024", Some(1024))]
    #[case("1Ki", Some(1024))]
    #[case("1k", Some(1000))]
    #[case("1.5Gi", Some(1_610_612_736))]
    #[case("10M", Some(10_000_000))]
    #[case("1e3", Some(1000))]
    #[case("2E3", Some(2000))]
    #[case("1E", Some(1_000_000_000_000_000_000))]
    #[case("1500m", Some(2))]
    #[case(".5Ki", Some(512))]
    #[case("", None)]
    #[case("Gi", None)]
    #[case("1.2.3", None)]
    #[case("-1", None)]
    #[case("1 Gi", None)]
    #[case("1K", None)]
    #[case("99999999999E", None)]
    #[case("1e999", None)]
    fn quantities_as_kubernetes_writes_them(#[case] text: &str, #[case] expected: Option<u64>) {
        assert_eq!(bytes(text), expected);
    }
}
