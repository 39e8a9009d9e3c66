"""The statement of Q6 written by hand: all steps of the search in one statement.

A step runs only if the condition in its WHERE clause holds, which PostgreSQL checks before it reads anything.
"""

from typing import Final

# The order of tiers: the title is the query, begins with it, has its words, similar words, most of them.
_TIER: Final = """case when terms @@ (select exact from asked) then 1
            when terms @@ (select beginning from asked) then 2
            when terms @@ (select words from asked) then 3"""


def _ranked(source: str, otherwise: str, condition: str, limit: int) -> str:
    return f"""select i.id, tier, coalesce(popularity, 0) as popularity
    from {source} as found join media_items i on i.id = found.id
    cross join lateral (select {_TIER} {otherwise} end as tier
        from media_search_terms where media_item_id = found.id offset 0) as its
    where removed_at is null and {condition}
    order by tier, popularity desc, i.id desc limit {limit}"""  # noqa: S608 - constants


# $1 is the text, and $2 the length of its last word if that is ASCII.
STATEMENT: Final = rf"""with asked as materialized (
    select pieces, $2 < 3 as is_short, $2 < 3 and cardinality(pieces) < 2 as is_letter,
        ('''=' || title || '''')::tsquery as exact, ('''=' || title || ''':*')::tsquery as beginning,
        array_to_string(quoted[: cardinality(quoted) - 1], ' & ')::tsquery as complete,
        (array_to_string(quoted, ' & ') || ':*')::tsquery as words
    from (select pieces, replace(form, ' ', '') as title,
            array(select quote_literal(piece) from unnest(pieces) as piece) as quoted
        from (select form, search_pieces(form) as pieces from search_text($1::text) as form) as forms
    ) as parts
), matching as materialized (
    select media_item_id as id from media_search_terms where not (select is_letter from asked)
        and terms @@ (select beginning || case when is_short then complete else words end from asked)
    limit 2001
), is_common as materialized (
    select (select is_letter from asked) or (select count(*) > 2000 from matching) as yes
), first as materialized (
    select id from matching where not (select yes from is_common)
    union all (
        select media_item_id from media_search_terms
        where (select yes from is_common) and terms @@ (select exact from asked)
        union (select popular.id from (
            select id, popularity from media_items where (select yes from is_common) and removed_at is null
            order by popularity desc nulls last, id desc limit 2000) as popular
            cross join lateral (
                select terms from media_search_terms where media_item_id = popular.id offset 0) as its
            where terms @@ (select beginning || words from asked)
            order by popularity desc nulls last, popular.id desc limit 200))
), best as materialized ({_ranked("first", "else 4", "tier < 4", 200)}
), short as materialized (
    select media_item_id as id from media_search_terms
    where (select is_short from asked) and (select count(*) < 20 from best)
        and terms @@ (select beginning || words from asked) limit 2001
), known as materialized (
    select * from best union
    ({_ranked("(select id from short where (select count(*) < 2001 from short))", "else 4", "tier < 4", 200)})
), candidates as (
    select place, word,
        greatest(similarity(word, piece), case when typo_keys && typo_keys(piece) then 0.5 end) as likeness
    from asked, unnest(pieces) with ordinality as each (piece, place), lateral (
        select word, typo_keys from search_words where word % piece
        union select word, typo_keys from search_words where typo_keys && typo_keys(piece)) as alike
    where (select count(*) < 5 from known) and word <> piece and char_length(piece) > 3
), likest as (
    select place, string_agg(quote_literal(word), ' | ') as words from (
        select *, max(likeness) over best as most, row_number() over best as number
        from candidates window best as (partition by place order by likeness desc, word)) as each
    where likeness >= 0.7 * most and number <= 20 group by place
), choices as (
    select place, '(' || quote_literal(piece) || case when char_length(piece) > 3 then ':*' else '' end
        || coalesce(' | ' || likest.words, '') || ')' as choice
    from asked, unnest(pieces) with ordinality as each (piece, place) left join likest using (place)
), tolerant as materialized (
    select string_agg(choice, ' & ')::tsquery as whole, coalesce((
        select string_agg('(' || (select string_agg(choice, ' & ') from choices as other
            where other.place <> missing.place) || ')', ' | ')
        from choices as missing where (select count(*) from choices) >= 3), '')::tsquery as most
    from choices where (select count(*) < 5 from known)
), similar_titles as materialized (
    (select media_item_id as id from media_search_terms where (select count(*) < 5 from known)
        and terms @@ (select whole from tolerant) limit 300)
    union (select media_item_id from media_search_terms where (select count(*) < 5 from known)
        and terms @@ (select most from tolerant) limit 300)
), found as (
    select * from known union
    ({_ranked("similar_titles", "when terms @@ (select whole from tolerant) then 4 else 5", "true", 20)})
)
select row_to_json(r) from (select (select row_to_json(s) from (select array(select row_to_json(n) from (
    select i.id, i.title, i.release_date as "releaseDate" from found join media_items i using (id)
    order by tier, found.popularity desc, case when tier < 3 then tmdb_type::text end,
        case when tier < 3 then tmdb_id end, id desc limit 10) n) as nodes) s) as "searchMedia") r"""  # noqa: S608


def values(text: str) -> tuple[str, int]:
    """The parameters for a text in ASCII."""
    return text, len(text.rsplit(maxsplit=1)[-1])
