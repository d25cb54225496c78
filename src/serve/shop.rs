//! The demo's shop: another site for the browser, with the widget on every page as its owner would paste it.

use crate::base::config::Config;
use crate::model::id::WidgetId;
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde_json::{Map, Value};
use std::{net::SocketAddr, sync::Arc};

const SHELL: &str = include_str!("shop/shell.html");
const SPRITE: &str = include_str!("shop/sprite.svg");
const STYLE: &str = include_str!("shop/shop.css");
const CARD: &str = include_str!("shop/card.html");
const INDEX: &str = include_str!("shop/index.html");
const PRODUCT: &str = include_str!("shop/product.html");
const MISSING: &str = include_str!("shop/missing.html");
const PRODUCTS: &str = include_str!("shop/products.json");

pub type Product = Map<String, Value>;

/// What the shop sells; every value is safe as HTML.
pub fn products() -> Vec<Product> {
    serde_json::from_str(PRODUCTS).expect("the shop's list is JSON")
}

pub fn text<'a>(product: &'a Product, name: &str) -> &'a str {
    product
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The next port, by its number: another site than `localhost`.
pub fn address(config: &Config) -> SocketAddr {
    SocketAddr::new(config.listen.ip(), config.listen.port().saturating_add(1))
}

struct Shop {
    desk: String,
    widget: WidgetId,
    products: Vec<Product>,
}

pub fn router(desk: &str, widget: WidgetId) -> Router {
    let shop = Arc::new(Shop {
        desk: desk.to_owned(),
        widget,
        products: products(),
    });
    Router::new()
        .route("/", get(index))
        .route("/p/{slug}", get(product))
        .route(
            "/shop.css",
            get(([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)),
        )
        .fallback(missing)
        .with_state(shop)
}

/// `{{name}}` becomes what the product says.
fn fill(template: &str, product: &Product) -> String {
    product
        .iter()
        .fold(template.to_owned(), |page, (name, value)| {
            page.replace(&format!("{{{{{name}}}}}"), value.as_str().unwrap_or(""))
        })
}

impl Shop {
    fn page(&self, status: StatusCode, title: &str, main: &str) -> Response {
        let html = SHELL
            .replace("{{title}}", title)
            .replace("{{sprite}}", SPRITE)
            .replace("{{main}}", main)
            .replace("{{desk}}", &self.desk)
            .replace("{{widget_id}}", &self.widget.to_string());
        let policy = format!(
            "default-src 'none'; script-src 'unsafe-inline' {desk}; style-src 'self'; img-src 'self' data:; \
             connect-src {desk}; frame-src {desk}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            desk = self.desk
        );
        let mut answer = (status, Html(html)).into_response();
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            answer
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        answer.headers_mut().insert(
            HeaderName::from_static("x-content-type-options"),
            HeaderValue::from_static("nosniff"),
        );
        answer
    }
}

async fn index(State(shop): State<Arc<Shop>>) -> Response {
    let cards: String = shop.products.iter().map(|p| fill(CARD, p)).collect();
    shop.page(
        StatusCode::OK,
        "Lumen &amp; Oak: lamps and furniture",
        &INDEX.replace("{{cards}}", &cards),
    )
}

async fn product(State(shop): State<Arc<Shop>>, Path(slug): Path<String>) -> Response {
    let Some(at) = shop.products.iter().position(|p| text(p, "slug") == slug) else {
        return missing(State(shop)).await;
    };
    let others = shop
        .products
        .iter()
        .cycle()
        .skip(at + 1)
        .take(shop.products.len().saturating_sub(1).min(3));
    let cards: String = others.map(|p| fill(CARD, p)).collect();
    let product = &shop.products[at];
    let main = fill(PRODUCT, product).replace("{{cards}}", &cards);
    shop.page(
        StatusCode::OK,
        &format!("{} · Lumen &amp; Oak", text(product, "label")),
        &main,
    )
}

async fn missing(State(shop): State<Arc<Shop>>) -> Response {
    shop.page(StatusCode::NOT_FOUND, "Not here · Lumen &amp; Oak", MISSING)
}
