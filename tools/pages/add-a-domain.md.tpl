# Add a domain 新建一个业务领域

A domain is one folder of fixed files and one line in the settings. Nothing else has to be edited: menu, addresses,
formats, snapshot, figures and tests find what the files declare. The example is land (土地).

## 1 Start

You need a working copy with the demo district: `SERVE=0 make demo` once (it makes `.venv` and `var/`).

```console
$ .venv/bin/yunpu startdomain land --title 土地 --group development
$ .venv/bin/yunpu manage makemigrations land
$ .venv/bin/yunpu manage migrate
$ .venv/bin/python -m pytest yunpu/domains/land
$ .venv/bin/yunpu serve --dev
```

`startdomain` wrote `yunpu/domains/land/` and the line `"yunpu.domains.land",` at the end of `DOMAINS` in
`yunpu/config/settings.py`. The domain works at once: it stands in the menu, takes files, freezes, computes two figures.
Sign in with an account of `var/demo-accounts.txt`.

## 2 Make it yours

Go through the files in this order. A name goes through all of them: what you call the model, its fields and the table of
the snapshot stands in each file and its tests. While nobody else has the domain, keep one first migration – undo it, delete
it, make it again:

```console
$ .venv/bin/yunpu manage migrate land zero && rm yunpu/domains/land/migrations/0*.py
$ .venv/bin/yunpu manage makemigrations land && .venv/bin/yunpu manage migrate
$ .venv/bin/python -m pytest yunpu/domains/land
```

An indicator's `unit` decides how its value is kept: money in 分, area in 平方米, all else as it is. A format's column of
area says `Type.INTEGER, unit="平方米"`; a file that writes 亩 in its head is converted.

{files}
## 3 Add what the domain needs

| file | when |
|---|---|
| `codes.py` | closed lists of codes, as plain `StrEnum` with `label`; a column then says `Type.CODE, codes=…` |
| `checks.py` | rows in, findings out; a format names them in `checks=(…)`. Each code (`LND-001`) once, with an example that provokes it |
| `demo.py` | `write_spreadsheets(folder)` gives format code and path of each demo file; `UNIT` is the unit that hands them in |
| `urls.py`, `templates/land/` | a page that no register can show; its view makes one call into the domain |

## 4 Rules that tests hold

- No domain imports another; shared identities come from `yunpu.reference`, figures of others from the snapshot by name.
- Money is an integer number of fen in a `…_fen` field; an indicator has unit, words, source and a disclosure rule.
- Every write is an operation with one trail event; `by` and `at` are arguments, nothing asks for now.
- Every field of a frozen model is a column or is left out with its reason; personal fields are left out.
- Every text a user sees is marked (`_`), and has an English translation: `make messages`, then fill what is empty.
- The README of the domain names every table; `docs/glossary.md` has its terms.

## 5 See it: file, snapshot, figure

```console
$ .venv/bin/yunpu intake template land.records -o land.xlsx
$ .venv/bin/yunpu intake load --unit YP land.xlsx
$ .venv/bin/yunpu freeze --as-of 2020-12-20
$ .venv/bin/yunpu figures 2020 --code land.amount
```

Fill in the template before you load it; `YP` is the demo district itself. On the page 数字 the figure opens to your rows
and to the cells they came from.

## 6 Check

```console
$ make format
$ make messages
$ .venv/bin/python tools/messages.py missing
$ make docs
$ make check
$ make test
```

`make messages` puts your texts into `yunpu/locale/en/LC_MESSAGES/django.po`; write the English ones there until `missing`
prints nothing.

## Tried

On 25 November 2026 this page alone was followed in a fresh copy: a domain of parcels with one table, one format and a figure in
亩 that opens to its rows. Start to figure took 4 minutes, of which most was waiting for commands on a busy machine; typing was
done by search and replace. Five things were missing and stand above since: the set-up, what a renamed model does to its
migration, how units are kept, the way from file to figure, and the steps before `make check`. A first reader who is new
to the project has not timed it yet.
