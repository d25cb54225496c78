//! Tokens, their hashes, passwords. A token is 256 random bits, shown once and stored as SHA-256 of it:
//! nothing can be guessed, so nothing slow is needed. Passwords are argon2id at OWASP's minimum
//! (19 MiB, 2 passes), on threads of their own behind a bounded queue.

use crate::model::error::{Error, Result};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

/// 32 random bytes.
pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A token to be shown once: 64 hex digits.
pub fn token() -> String {
    hex::encode(random())
}

/// What is stored of a token.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// `hex(HMAC-SHA256(secret, text))` equals `claimed`, compared in constant time.
pub fn vouched(secret: &[u8], text: &str, claimed: &str) -> bool {
    let mut claim = [0u8; 32];
    hex::decode_to_slice(claimed.trim(), &mut claim).is_ok()
        && bool::from(mac(secret, text).ct_eq(&claim))
}

/// HMAC-SHA256 (RFC 2104).
pub fn mac(secret: &[u8], text: &str) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

/// `place` as it is handed out: nobody makes another, and it holds for nothing but what it is `about`.
pub fn signed(secret: &[u8], about: &str, place: &str) -> String {
    let mac = mac(secret, &format!("{about} {place}"));
    format!("{place}.{}", hex::encode(&mac[..12]))
}

/// The place that was [`signed`]; `None` if it was not, or is about something else.
pub fn place<'a>(secret: &[u8], about: &str, text: &'a str) -> Option<&'a str> {
    let (place, _) = text.rsplit_once('.')?;
    (signed(secret, about, place) == text).then_some(place)
}

/// As many at once as there are cores, and a short queue: a storm of sign-ins waits here and
/// takes neither the async threads nor much memory.
static AT_ONCE: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)));
static QUEUE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(200));

async fn slowly<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _place = QUEUE
        .try_acquire()
        .map_err(|_| Error::RateLimited { retry_after: 5 })?;
    let _turn = AT_ONCE.acquire().await.map_err(|_| Error::Unavailable)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Unavailable)
}

/// The PHC string of a password.
pub async fn hash_password(password: String) -> Result<String> {
    slowly(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|h| h.to_string())
    })
    .await?
    .map_err(|_| Error::Unavailable)
}

/// Whether `password` is the one behind `stored`. Without a stored one the same work is done against a
/// dummy, so that the time tells nothing about who exists.
pub async fn is_password(password: String, stored: Option<String>) -> Result<bool> {
    static DUMMY: LazyLock<String> = LazyLock::new(|| {
        Argon2::default()
            .hash_password(&random())
            .map(|h| h.to_string())
            .unwrap_or_default()
    });
    slowly(move || {
        let known = stored.is_some();
        let phc = stored.unwrap_or_else(|| DUMMY.clone());
        let good = PasswordHash::new(&phc).is_ok_and(|h| {
            Argon2::default()
                .verify_password(password.as_bytes(), &h)
                .is_ok()
        });
        good && known
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_and_another_does_not() {
        let phc = hash_password("correct horse".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(
            is_password("correct horse".into(), Some(phc.clone()))
                .await
                .unwrap()
        );
        assert!(
            !is_password("correct house".into(), Some(phc))
                .await
                .unwrap()
        );
        assert!(!is_password("anything".into(), None).await.unwrap());
    }

    #[test]
    fn a_mac_is_that_of_the_standard() {
        // RFC 4231, test case 2.
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(vouched(b"Jefe", "what do ya want for nothing?", known));
        assert!(!vouched(b"Jefe", "what do ya want for nothing!", known));
        assert!(!vouched(b"Jefe", "x", "") && !vouched(b"Jefe", "x", "zz"));
    }
}
