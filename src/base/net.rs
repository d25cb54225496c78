//! Where a request comes from. `X-Forwarded-For` is believed only as far as it was written by proxies that
//! the configuration names.

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, request::Parts},
};
use ipnet::IpNet;
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// The address that rate limits count. An extension of every request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// From the right end of `X-Forwarded-For`: each trusted hop vouches for the address on its left.
    pub fn from_peer(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> ClientAddress {
        let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(&ip.to_canonical()));
        let mut client = peer.to_canonical();
        let lines = headers
            .get_all("x-forwarded-for")
            .into_iter()
            .filter_map(|v| v.to_str().ok());
        let hops: Vec<&str> = lines.flat_map(|l| l.split(',')).map(str::trim).collect();
        for hop in hops.into_iter().rev() {
            if !is_trusted(&client) {
                break;
            }
            let Ok(ip) = hop.trim_matches(['[', ']']).parse::<IpAddr>() else {
                break;
            };
            client = ip.to_canonical();
        }
        ClientAddress(client)
    }

    /// Of a request that passed our layers; a request made by a test without a connection is loopback's.
    pub fn of(extensions: &Extensions) -> ClientAddress {
        extensions
            .get()
            .copied()
            .unwrap_or(ClientAddress(peer(extensions)))
    }
}

/// The other end of the connection.
pub fn peer(extensions: &Extensions) -> IpAddr {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |c| c.0.ip())
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(ClientAddress::of(&parts.extensions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_proxies_are_believed() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "6.6.6.6, 203.0.113.9".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.2".parse().unwrap());
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let found = |peer: &str, trusted: &[IpNet]| {
            ClientAddress::from_peer(peer.parse().unwrap(), &headers, trusted)
                .0
                .to_string()
        };
        assert_eq!(
            found("10.0.0.1", &trusted),
            "203.0.113.9",
            "the hop before the proxies, not what it claims itself"
        );
        assert_eq!(
            found("198.51.100.7", &trusted),
            "198.51.100.7",
            "a stranger's header is nothing"
        );
        assert_eq!(found("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(
            found("::ffff:10.0.0.1", &trusted),
            "203.0.113.9",
            "an IPv4 address in IPv6 dress"
        );
    }
}
