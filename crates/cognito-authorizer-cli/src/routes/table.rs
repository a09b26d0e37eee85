//! The table of the routes, as wide as the terminal.

use std::io::{self, Write};

use apigateway_definition::{Route, Rule};

use crate::{
    routes::row::{self, AcceptedToken},
    style::{BAD, CAUTION, FAINT, Width, printable},
};

/// The least width for scopes and notes beside the other columns. With less, they are written below the path.
const LEAST: usize = 20;
const HEADS: [&str; 4] = ["METHOD", "PATH", "AUTHORIZER", "TOKEN"];

/// Writes each route on a line, with more lines for its scopes and notes if needed.
pub(super) fn write(routes: &[Route], width: Width, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 4]> = routes.iter().map(columns).collect();
    let mut widths = HEADS.map(str::len);
    for row in &rows {
        for (column, cell) in widths.iter_mut().zip(row) {
            *column = (*column).max(cell.chars().count());
        }
    }
    // Two spaces before each column.
    let column = widths.iter().map(|width| width + 2).sum::<usize>() + 2;
    let longest = routes.iter().flat_map(details).map(|(_, text)| longest_word(&text)).max().unwrap_or(0);
    let fits = column + longest.max(LEAST) <= width.columns();
    let details_at = if fits { Details::Beside(column) } else { Details::Below(widths[0] + 4) };
    let heads = line(&HEADS.map(str::to_owned), &widths);
    match details_at {
        Details::Beside(_) => writeln!(out, "{FAINT}{heads}  SCOPES{FAINT:#}")?,
        Details::Below(_) => writeln!(out, "{FAINT}{}{FAINT:#}", heads.trim_end())?,
    }
    for (route, row) in routes.iter().zip(&rows) {
        let style = match route.rule {
            Rule::Open(_) => CAUTION,
            Rule::Cognito { .. } | Rule::Jwt { .. } | Rule::RestJwt { .. } => anstyle::Style::new(),
            _ => BAD,
        };
        let cells = line(row, &widths);
        let details = details(route);
        match details_at {
            Details::Beside(_) if !details.is_empty() => write!(out, "{style}{cells}{style:#}")?,
            _ => write!(out, "{style}{}{style:#}", cells.trim_end())?,
        }
        for (number, (style, text)) in details.iter().enumerate() {
            let (Details::Beside(column) | Details::Below(column)) = details_at;
            match details_at {
                Details::Beside(_) if number == 0 => write!(out, "  ")?,
                _ => write!(out, "\n{:column$}", "")?,
            }
            write!(out, "{style}{}{style:#}", width.beside(text, column))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Where scopes and notes are written, and the column that they begin at.
#[derive(Clone, Copy)]
enum Details {
    Beside(usize),
    Below(usize),
}

fn longest_word(text: &str) -> usize {
    text.split(' ').map(|word| word.chars().count()).max().unwrap_or(0)
}

fn columns(route: &Route) -> [String; 4] {
    let authorizer = row::authorizer(&route.rule).map_or("-".to_owned(), |(name, _)| printable(name));
    [
        route.key.method().to_string(),
        route.key.path().to_string(),
        authorizer,
        AcceptedToken::of(&route.rule).word().to_owned(),
    ]
}

fn line(cells: &[String; 4], widths: &[usize; 4]) -> String {
    let [method, path, authorizer, token] = cells;
    let [m, p, a, t] = widths;
    format!("  {method:<m$}  {path:<p$}  {authorizer:<a$}  {token:<t$}")
}

/// The scopes, and then the notes.
fn details(route: &Route) -> Vec<(anstyle::Style, String)> {
    let scopes = row::authorizer(&route.rule).map_or(&[][..], |(_, scopes)| scopes);
    let scopes = (!scopes.is_empty()).then(|| (anstyle::Style::new(), printable(&scopes.join(" or "))));
    scopes.into_iter().chain(row::notes(route).into_iter().map(|note| (FAINT, printable(&note)))).collect()
}
