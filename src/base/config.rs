//! Configuration: flags, then `DESKBELL_*` in the environment, then `deskbell.toml`, then defaults.
//! A wrong value is one clear line and exit code 2, before anything is opened.

use super::db::DatabaseUrl;
use clap::Args;
use ipnet::IpNet;
use serde::Deserialize;
use std::{fmt, io, net::SocketAddr, path::PathBuf};
use url::Url;

/// Where the data is; every command that opens it takes these.
#[derive(Args, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Where {
    /// Data folder [default: ./deskbell-data]
    #[arg(long, env = "DESKBELL_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// PostgreSQL, as postgres://user:password@host/name [default: SQLite in the data folder]
    #[arg(
        long,
        env = "DESKBELL_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database: Option<String>,
    /// Configuration file [default: ./deskbell.toml, if it exists]
    #[arg(long, env = "DESKBELL_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
}

#[derive(Args, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Serve {
    #[command(flatten)]
    #[serde(skip)]
    pub place: Where,
    /// Address to listen on [default: 127.0.0.1:3000]
    #[arg(long, env = "DESKBELL_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Address that browsers use, without a path [default: http://localhost:<port>]
    #[arg(long, env = "DESKBELL_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Fill an empty workspace with demo data, and serve a demo shop on the next port
    #[arg(long, env = "DESKBELL_DEMO")]
    pub demo: bool,
    /// Network whose X-Forwarded-For is trusted, such as 10.0.0.0/8; can be repeated
    #[arg(
        long,
        env = "DESKBELL_TRUSTED_PROXY",
        value_name = "NETWORK",
        value_delimiter = ','
    )]
    pub trusted_proxy: Vec<String>,
    /// Rate limits; `off` is for benchmarks, and on a loopback address only [default: on]
    #[arg(long, env = "DESKBELL_RATE_LIMITS", value_name = "on|off")]
    pub rate_limits: Option<String>,
    /// Log format, `text` or `json` [default: text]
    #[arg(long, env = "DESKBELL_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// Show every sentence accented, longer and in brackets, to find what is not translated or is cut off
    #[arg(long, env = "DESKBELL_PSEUDO_LOCALE", hide = true)]
    pub pseudo_locale: bool,
}

#[derive(Clone)]
pub struct Config {
    pub data: PathBuf,
    pub place: DatabaseUrl,
    pub listen: SocketAddr,
    /// Scheme, host and port; no slash at the end.
    pub public_url: Url,
    pub demo: bool,
    pub trusted_proxies: Vec<IpNet>,
    pub rate_limits: bool,
    pub json_logs: bool,
    /// See [`words::speak_pseudo`](crate::words::speak_pseudo).
    pub pseudo_locale: bool,
}

/// One line about what is wrong with a setting; leads to exit code 2.
#[derive(Debug)]
pub struct Misused(pub String);
impl fmt::Display for Misused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Misused {}

/// What stands in the file: as much of it as every command takes, and the rest.
fn file(at: &Option<PathBuf>) -> Result<(Where, Serve), Misused> {
    let (path, required) = match at {
        Some(path) => (path.clone(), true),
        None => (PathBuf::from("deskbell.toml"), false),
    };
    let wrong = |e: &dyn fmt::Display| Misused(format!("{}: {}", path.display(), one_line(e)));
    let text = match std::fs::read_to_string(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound && !required => String::new(),
        text => text.map_err(|e| wrong(&e))?,
    };
    let mut serve: toml::Table = toml::from_str(&text).map_err(|e| wrong(&e))?;
    let place = ["data", "database"].into_iter();
    let place: toml::Table = place.filter_map(|key| serve.remove_entry(key)).collect();
    Ok((
        place.try_into().map_err(|e| wrong(&e))?,
        serve.try_into().map_err(|e| wrong(&e))?,
    ))
}

/// What toml says in several lines, without the piece of the file that it draws between them.
fn one_line(e: &dyn fmt::Display) -> String {
    let said = e.to_string();
    let words = said.lines().map(str::trim);
    let words: Vec<_> = words
        .filter(|l| !l.is_empty() && !l.contains('|'))
        .collect();
    words.join(", ")
}

impl Where {
    /// The data folder and the database.
    pub fn settle(&self) -> Result<(PathBuf, DatabaseUrl), Misused> {
        let (file, _) = file(&self.config)?;
        let data = self
            .data
            .clone()
            .or(file.data)
            .unwrap_or_else(|| "deskbell-data".into());
        let place = match self.database.clone().or(file.database) {
            None => DatabaseUrl::File(data.join("deskbell.db")),
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                DatabaseUrl::Postgres(url)
            }
            Some(_) => {
                return Err(Misused(
                    "--database must look like postgres://user:password@host/name.".into(),
                ));
            }
        };
        Ok((data, place))
    }
}

impl Serve {
    pub fn settle(self) -> Result<Config, Misused> {
        let (data, place) = self.place.settle()?;
        let (_, file) = file(&self.place.config)?;
        let typed = self
            .listen
            .or(file.listen)
            .unwrap_or_else(|| "127.0.0.1:3000".into());
        let listen: SocketAddr = typed.replace("localhost:", "127.0.0.1:").parse().map_err(
            |_| {
                Misused(format!(
                    "--listen must be an address and a port such as 127.0.0.1:3000, not “{typed}”."
                ))
            },
        )?;
        let typed = self
            .public_url
            .or(file.public_url)
            .unwrap_or_else(|| format!("http://localhost:{}", listen.port()));
        let public_url = Url::parse(&typed)
            .ok()
            .filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host() && u.path() == "/" && u.query().is_none())
            .ok_or_else(|| Misused(format!("--public-url must be a scheme and a host such as https://desk.example.com, not “{typed}”.")))?;
        let networks = if self.trusted_proxy.is_empty() {
            file.trusted_proxy
        } else {
            self.trusted_proxy
        };
        let network = |n: &String| {
            n.parse::<IpNet>()
                .or_else(|_| n.parse::<std::net::IpAddr>().map(IpNet::from))
                .map_err(|_| {
                    Misused(format!(
                        "--trusted-proxy must be a network such as 10.0.0.0/8, not “{n}”."
                    ))
                })
        };
        let trusted_proxies = networks.iter().map(network).collect::<Result<_, _>>()?;
        let rate_limits = match self.rate_limits.or(file.rate_limits).as_deref() {
            None | Some("on") => true,
            Some("off") if listen.ip().is_loopback() => false,
            Some("off") => {
                return Err(Misused(
                    "--rate-limits off requires a loopback address for --listen.".into(),
                ));
            }
            Some(other) => {
                return Err(Misused(format!(
                    "--rate-limits must be on or off, not “{other}”."
                )));
            }
        };
        let json_logs = match self.log_format.or(file.log_format).as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(other) => {
                return Err(Misused(format!(
                    "--log-format must be text or json, not “{other}”."
                )));
            }
        };
        let pseudo_locale = self.pseudo_locale || file.pseudo_locale;
        if pseudo_locale && !listen.ip().is_loopback() {
            return Err(Misused(
                "--pseudo-locale is for tests and requires a loopback address for --listen.".into(),
            ));
        }
        let demo = self.demo || file.demo;
        if demo && !listen.ip().is_loopback() {
            return Err(Misused(
                "--demo prints sign-in links, so it requires a loopback address for --listen."
                    .into(),
            ));
        }
        Ok(Config {
            data,
            place,
            listen,
            public_url,
            demo,
            trusted_proxies,
            rate_limits,
            json_logs,
            pseudo_locale,
        })
    }
}

impl Config {
    /// `https://desk.example.com`, without a slash at the end.
    pub fn origin(&self) -> String {
        self.public_url.as_str().trim_end_matches('/').to_owned()
    }

    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// `Secure` cookies with the `__Host-` prefix work: https, or a browser's loopback exception.
    pub fn has_secure_cookies(&self) -> bool {
        let host = self.public_url.host_str().unwrap_or_default();
        let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        self.is_https()
            || host == "localhost"
            || host.ends_with(".localhost")
            || ip.is_ok_and(|ip| ip.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_in_the_file_is_said_in_one_line() {
        let at = std::env::temp_dir().join(format!("deskbell-{}.toml", uuid::Uuid::new_v4()));
        let read = |text: &str| {
            std::fs::write(&at, text).unwrap();
            file(&Some(at.clone())).map_err(|e| e.0)
        };
        let (place, serve) = read("data = \"/srv\"\nlisten = \"127.0.0.1:1\"\n").unwrap();
        assert_eq!(place.data, Some("/srv".into()));
        assert_eq!(serve.listen.as_deref(), Some("127.0.0.1:1"));
        for (text, names) in [
            ("listen = 3\n", "listen"),
            ("lisen = \"x\"\n", "lisen"),
            ("listen = \n", "line 1"),
            ("data = 3\n", "data"),
        ] {
            let said = read(text).err().unwrap();
            assert!(said.contains(names) && !said.contains('\n'), "{said}");
        }
        std::fs::remove_file(&at).unwrap();
        assert!(file(&Some(at.clone())).is_err(), "it was asked for by name");
    }
}
