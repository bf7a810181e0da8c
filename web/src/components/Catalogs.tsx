import { CATALOG, homeOf } from "../catalogs";
import { catalogs, problem } from "../state";
import { plural } from "../words";
import { Icon } from "./Icon";

/** The name of this catalog, and links to the other catalogs. */
export function CatalogMenu() {
  return (
    <details class="catalogs">
      <summary aria-label={`Catalog ${CATALOG}: choose another one`}>{CATALOG} <Icon name="down" /></summary>
      <ul>{catalogs.value.map(({ name }) => <li key={name}><a href={homeOf(name)} aria-current={name === CATALOG ? "page" : undefined}>{name}</a></li>)}</ul>
    </details>
  );
}

/** The beginning of a server with several catalogs. */
export function ChooseCatalog() {
  return (
    <section class="intro">
      <h1>Which catalog?</h1>
      {problem.value && <p role="alert">{problem.value.message}</p>}
      <ul class="choose">
        {catalogs.value.map(({ name, items }) => (
          <li key={name}>
            {items === null
              ? <span class="choice"><strong>{name}</strong><span>cannot be read just now</span></span>
              : <a class="choice" href={homeOf(name)}><strong>{name}</strong><span>{plural(items, "picture")}</span></a>}
          </li>
        ))}
      </ul>
    </section>
  );
}
