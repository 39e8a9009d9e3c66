"""Details of the series that Q5 reads: seasons, episodes, cast, offers, and viewers with a region.

The large data set has titles and offers without details. They are added for `SETS` series, and in families
that other queries don't read, because a viewer's region changes which offers a title has.
"""

from typing import Final

from benchmarks.workload import MADE_UP, SETS

STATEMENTS: Final = (
    """CREATE TABLE IF NOT EXISTS benchmark_series (media_item_id text PRIMARY KEY, user_id text NOT NULL)""",
    # One viewer of each family in the second half, in the order of `workload.requests`.
    f"""WITH viewers AS (
            SELECT user_id, row_number() OVER (ORDER BY place DESC) AS place
            FROM (SELECT min(user_id) AS user_id, row_number() OVER (ORDER BY md5(family_id)) AS place,
                      count(*) OVER () / 2 AS half
                  FROM family_memberships
                  GROUP BY family_id HAVING bool_and(shares_watchlist) AND count(*) = 4) families
            WHERE place > half
        )
        INSERT INTO benchmark_series
        SELECT title.id, viewers.user_id
        FROM (SELECT id, row_number() OVER (ORDER BY md5(id)) AS place FROM media_items
              WHERE tmdb_type = 'tv' AND tmdb_id >= {MADE_UP} ORDER BY md5(id) LIMIT {SETS}) title
        JOIN viewers USING (place)
        ON CONFLICT DO NOTHING""",  # noqa: S608 - a constant
    """INSERT INTO user_settings (user_id, region) SELECT user_id, 'DE' FROM benchmark_series
        ON CONFLICT DO NOTHING""",
    """INSERT INTO watchlist_entries (id, user_id, media_item_id, rating)
        SELECT 'we' || left(md5(media_item_id), 25), user_id, media_item_id, 7 FROM benchmark_series
        ON CONFLICT DO NOTHING""",
    """INSERT INTO seasons (id, media_item_id, tmdb_id, number, title, air_date, episode_count)
        SELECT 'sn' || left(md5(media_item_id || n), 25), media_item_id,
            (row_number() OVER (ORDER BY media_item_id, n))::int, n,
            CASE WHEN n % 2 = 1 THEN 'The season of ' || n END, date '2015-01-01' + n * 365, 10
        FROM benchmark_series, generate_series(0, 5) n ON CONFLICT (id) DO NOTHING""",
    """INSERT INTO episodes (id, media_item_id, season_id, tmdb_id, number, title, air_date, runtime_minutes)
        SELECT 'ep' || left(md5(s.id || n), 25), s.media_item_id, s.id,
            (row_number() OVER (ORDER BY s.id, n))::int, n,
            CASE WHEN n % 3 > 0 THEN 'What happened on day ' || n END, s.air_date + n * 7, 40 + n
        FROM seasons s JOIN benchmark_series USING (media_item_id), generate_series(1, 10) n
        ON CONFLICT (id) DO NOTHING""",
    """INSERT INTO people (id, tmdb_id, name, profile_path)
        SELECT 'pe' || left(md5('person' || n), 25), n, 'Actor number ' || n,
            CASE WHEN n % 5 > 0 THEN '/' || md5(n::text) || '.jpg' END
        FROM generate_series(1, 3000) n ON CONFLICT (id) DO NOTHING""",
    """INSERT INTO credits (id, media_item_id, person_id, tmdb_credit_id, kind, position, character)
        SELECT 'cr' || left(md5(media_item_id || n), 25), media_item_id,
            'pe' || left(md5('person' || (place * 7 + n) % 3000 + 1), 25), n::text, 'cast', n,
            'Character ' || n
        FROM (SELECT media_item_id, row_number() OVER (ORDER BY media_item_id) AS place
              FROM benchmark_series) series, generate_series(0, 29) n
        ON CONFLICT (id) DO NOTHING""",
)
