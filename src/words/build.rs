//! Makes the program's half of the catalogue out of `src/locales/{language}/{part}.json`: a checked name for every
//! sentence, and for the server the sentences themselves. A module for the browser gets numbers alone: its words come
//! as a file beside it, in the order that is made here (`src/locales/modules.json` says which parts it has).
//!
//! A sentence is a text with `{name}` for each argument, or an object of CLDR plural categories that the argument `n`
//! chooses from. `<b>…</b>` and `<a>…</a>` are the only slots. What does not fit stops the build with its file and key.

use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    env,
    fmt::Write,
    fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
};

const FOLDER: &str = "src/locales";
/// What every other language is compared with.
const FIRST: &str = "en";
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];
/// How the parts begin whose sentences are looked up by their name at run time.
const REFUSALS: &str = "refusal";

/// A sentence by its plural categories; one without has `""` alone.
type Forms = BTreeMap<String, String>;
/// `part.key` → sentence, in the order in which they are numbered.
type Language = BTreeMap<String, Forms>;

fn main() {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=src/words/build.rs");
    let languages = languages();
    let first = &languages[FIRST];
    for (name, language) in &languages {
        compare(name, language, first);
    }
    let modules = modules(first);
    let server = env::var_os("CARGO_FEATURE_HYDRATE").is_none();
    let asked = |module: &&String| {
        let feature = format!("CARGO_FEATURE_HYDRATE_{}", module.to_uppercase());
        env::var_os(feature).is_some()
    };
    let wanted: Vec<&String> = modules.keys().filter(asked).collect();
    // What is compiled for several at once, to be looked at, speaks of everything.
    let own = match wanted[..] {
        [module] if !server => modules[module].clone(),
        _ => first.keys().cloned().collect(),
    };
    let mut made = String::new();
    names(&mut made, first, &own);
    numbers(&mut made, &own);
    if !server {
        made.push_str(&format!(
            "/// What the file of its words has to begin with.\nconst EDITION: &str = \"{}\";\n",
            edition(&own)
        ));
    } else {
        tables(&mut made, &languages, &modules);
    }
    let to = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder"));
    fs::write(to.join("words.rs"), made).expect("the folder can be written");
}

fn json(path: &Path) -> Map<String, Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    match serde_json::from_str(&text) {
        Ok(Value::Object(all)) => all,
        Ok(_) => panic!("{}: not an object", path.display()),
        Err(e) => panic!("{}: {e}", path.display()),
    }
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut all: Vec<_> = all.flatten().map(|entry| entry.path()).collect();
    all.sort();
    all
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().and_then(|s| s.to_str());
    stem.expect("a name in UTF-8").to_owned()
}

fn languages() -> BTreeMap<String, Language> {
    let mut all = BTreeMap::new();
    for path in folder(Path::new(FOLDER)).into_iter().filter(|p| p.is_dir()) {
        let mut language = Language::new();
        for file in folder(&path) {
            read(&file, &stem(&file), json(&file), &mut language);
        }
        all.insert(stem(&path), language);
    }
    all
}

fn read(file: &Path, before: &str, all: Map<String, Value>, into: &mut Language) {
    for (key, value) in all {
        let name = format!("{before}.{key}");
        let plain = key
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        assert!(
            plain && !key.is_empty(),
            "{}: {name} is no key",
            file.display()
        );
        match value {
            Value::String(text) => {
                into.insert(name, Forms::from([(String::new(), text)]));
            }
            Value::Object(forms) if forms.contains_key("other") => {
                let text = |(category, text): (String, Value)| {
                    assert!(
                        CATEGORIES.contains(&&*category),
                        "{}: {name}: {category} is no plural category",
                        file.display()
                    );
                    let Value::String(text) = text else {
                        panic!("{}: {name}.{category} is no text", file.display())
                    };
                    (category, text)
                };
                let forms = forms.into_iter().map(text).collect();
                into.insert(name, forms);
            }
            Value::Object(nested) => read(file, &name, nested, into),
            _ => panic!("{}: {name} is neither a text nor an object", file.display()),
        }
    }
}

/// The names in braces; what else stands in braces is text.
fn arguments(forms: &Forms) -> BTreeSet<&str> {
    let braced = forms.values().flat_map(|text| text.split('{').skip(1));
    let named = braced.filter_map(|rest| Some(rest.split_once('}')?.0));
    let is_name =
        |n: &&str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let mut all: BTreeSet<&str> = named.filter(is_name).collect();
    if !forms.contains_key("") {
        all.insert("n");
    }
    all
}

fn compare(name: &str, language: &Language, first: &Language) {
    for key in first.keys() {
        assert!(
            language.contains_key(key),
            "{FOLDER}/{name}: {key} is missing"
        );
    }
    for (key, forms) in language {
        let own = first
            .get(key)
            .unwrap_or_else(|| panic!("{FOLDER}/{name}: {FIRST} has no {key}"));
        assert_eq!(
            arguments(own),
            arguments(forms),
            "{FOLDER}/{name}: the arguments of {key}"
        );
    }
}

/// Module → its keys, in the order of their numbers.
fn modules(first: &Language) -> BTreeMap<String, Vec<String>> {
    let path = Path::new(FOLDER).join("modules.json");
    let parts = |value: Value| -> Vec<String> {
        serde_json::from_value(value).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let keys = |(module, value)| {
        let parts: Vec<String> = parts(value);
        for part in &parts {
            let known = first.keys().any(|key| key.starts_with(&format!("{part}.")));
            assert!(
                known,
                "{}: {module}: there is no part {part}",
                path.display()
            );
        }
        let own = |key: &&String| parts.iter().any(|p| key.split('.').next() == Some(p));
        (module, first.keys().filter(own).cloned().collect())
    };
    json(&path).into_iter().map(keys).collect()
}

/// One function per sentence. Of a sentence that this module does not have, the linker is left with an import that says
/// its name; `bin/front/site.mjs` refuses such a module.
fn names(made: &mut String, first: &Language, own: &[String]) {
    let mut open: Vec<&str> = vec![];
    made.push_str("/// A function for every sentence.\npub mod key {\n");
    for (key, forms) in first {
        let mut path: Vec<&str> = key.split('.').collect();
        let name = path.pop().expect("a key has a name");
        let same = open.iter().zip(&path).take_while(|(a, b)| a == b).count();
        for _ in same..open.len() {
            made.push_str("}\n");
        }
        for part in &path[same..] {
            _ = writeln!(made, "pub mod {part} {{");
        }
        open = path;
        let arguments = arguments(forms);
        let number = match own.iter().position(|k| k == key) {
            Some(at) => format!("{at}"),
            None => format!(
                "{{ #[link(wasm_import_module = \"words\")] unsafe extern \"C\" {{ #[link_name = \"{key}\"] fn absent() -> usize; }} unsafe {{ absent() }} }}"
            ),
        };
        let slotted = forms
            .values()
            .any(|text| text.contains("<b>") || text.contains("<a>"));
        if arguments.is_empty() && !slotted {
            _ = writeln!(
                made,
                "pub fn {name}() -> &'static str {{ crate::words::plain({number}) }}"
            );
            continue;
        }
        let (says, read) = if slotted {
            ("crate::words::Slotted", "slotted")
        } else {
            ("String", "filled")
        };
        let values = match arguments.len() {
            0 => String::new(),
            n => format!("values: [(&str, &dyn std::fmt::Display); {n}]"),
        };
        let given = if arguments.is_empty() {
            "&[]"
        } else {
            "&values"
        };
        _ = writeln!(
            made,
            "pub fn {name}({values}) -> {says} {{ crate::words::{read}({number}, {given}) }}"
        );
        if !arguments.is_empty() {
            _ = writeln!(made, "#[allow(non_upper_case_globals)]\npub mod {name} {{");
            for argument in arguments {
                _ = writeln!(made, "pub const {argument}: &str = \"{argument}\";");
            }
            made.push_str("}\n");
        }
    }
    for _ in 0..=open.len() {
        made.push_str("}\n");
    }
}

/// Where the refusals begin, and their names in the order of their numbers: the parts of the catalogue that begin so
/// stand side by side.
fn numbers(made: &mut String, own: &[String]) {
    let is_refusal = |key: &&String| key.starts_with(REFUSALS);
    let name = |key: &'_ String| key.split_once('.').map(|(_, name)| name.to_owned());
    let refusals: Vec<String> = own.iter().filter(is_refusal).filter_map(name).collect();
    let first = own
        .iter()
        .position(|key| key.starts_with(REFUSALS))
        .unwrap_or(0);
    _ = writeln!(made, "const FIRST_REFUSAL: usize = {first};");
    _ = writeln!(made, "static REFUSALS: &[&str] = &{refusals:?};");
}

/// Which keys these are, and in which order.
fn edition(keys: &[String]) -> String {
    let mut sum = DefaultHasher::new();
    keys.hash(&mut sum);
    format!("{:016x}", sum.finish())
}

fn tables(
    made: &mut String,
    languages: &BTreeMap<String, Language>,
    modules: &BTreeMap<String, Vec<String>>,
) {
    let keys: Vec<&String> = languages[FIRST].keys().collect();
    _ = writeln!(made, "pub static KEYS: &[&str] = &{keys:?};");
    made.push_str("static LANGUAGES: &[(&str, &[Text])] = &[\n");
    for (name, language) in languages {
        _ = writeln!(made, "({name:?}, &[");
        for forms in language.values() {
            match forms.get("") {
                Some(text) => _ = writeln!(made, "Text::Plain({text:?}),"),
                None => {
                    let forms: Vec<(&String, &String)> = forms.iter().collect();
                    _ = writeln!(made, "Text::Plural(&{forms:?}),");
                }
            }
        }
        made.push_str("]),\n");
    }
    made.push_str("];\n");
    let at = |key: &String| {
        keys.iter()
            .position(|k| *k == key)
            .expect("a module has keys of the catalogue")
    };
    let all: Vec<(&String, String, Vec<usize>)> = modules
        .iter()
        .map(|(name, own)| (name, edition(own), own.iter().map(at).collect()))
        .collect();
    made.push_str("static MODULES: &[(&str, &str, &[usize])] = &[\n");
    for (name, edition, own) in all {
        _ = writeln!(made, "({name:?}, {edition:?}, &{own:?}),");
    }
    made.push_str("];\n");
}
