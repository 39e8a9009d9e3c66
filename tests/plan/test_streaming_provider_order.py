"""The order of a title's streaming providers, as documented in the schema."""

from infocus_graphql.domains.media.models import OfferType
from tests.support.client import Api
from tests.support.factories import Factories


async def test_providers_are_ordered_by_name_and_offer_type(api: Api, make: Factories) -> None:
    item = await make.media()
    kinds = list(OfferType)
    for kind in [kinds[2], kinds[0], kinds[4], kinds[1], kinds[3]]:
        await make.provider(item, "Streamio", offer_type=kind)
    await make.provider(item, "Arthouse", offer_type=kinds[-1])
    query = "query ($id: ID!) { mediaItem(ref: {id: $id}) { streamingProviders { provider offerType } } }"
    found = (await api.data(query, id=item.id))["streamingProviders"]
    assert [each["provider"] for each in found] == ["Arthouse"] + ["Streamio"] * 5
    assert [each["offerType"] for each in found[1:]] == ["SUBSCRIPTION", "FREE", "ADS", "RENT", "BUY"]
