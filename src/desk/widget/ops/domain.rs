//! What a widget's list of sites may not hold: a name under which everybody may have a site of their own.

use crate::model::refusal::Refusal;
use crate::model::{
    domain::Domain,
    error::{Error, Result},
};

/// `co.uk` and `github.io` are nobody's (the Public Suffix List, publicsuffix.org): whoever lists one, with or without
/// `*.` before it, lists every stranger's site below it. A name that the list does not know, such as one of an
/// intranet, may stand.
pub fn are_somebodys(domains: &[Domain]) -> Result<()> {
    match domains.iter().find(|d| is_public_suffix(d.host())) {
        None => Ok(()),
        Some(open) => Err(Error::field(
            "domains",
            Refusal::domain_of_everybody(open.host()),
        )),
    }
}

fn is_public_suffix(host: &str) -> bool {
    psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known() && suffix == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_suffix_is_nobodys_site() {
        for open in [
            "com",
            "co.uk",
            "*.co.uk",
            "github.io",
            "*.github.io",
            "https://github.io:8443",
            "xn--55qx5d.cn",
            "anything.ck",
        ] {
            let refused = are_somebodys(&[open.parse().unwrap()]);
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{open}");
        }
        for own in [
            "shop.co.uk",
            "*.shop.co.uk",
            "lumen.github.io",
            "www.ck",
            "localhost:8081",
            "127.0.0.1:3001",
            "intranet",
            "*.corp",
        ] {
            assert_eq!(are_somebodys(&[own.parse().unwrap()]), Ok(()), "{own}");
        }
    }
}
