"""Every engine gives what is drawn, all cases in one query."""

from pathlib import Path

import pytest

from tests.spec.books import Story
from tests.spec.cases import STORIES
from tests.spec.engines import ENGINES
from tests.spec.together import Values, answers, differences


@pytest.fixture(scope="module", params=ENGINES)
def answered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Values:
    """Return what an engine says of every case."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    with ENGINES[request.param]() as compute:
        return answers(compute, STORIES, folder)


@pytest.mark.parametrize("name", STORIES)
def test_an_engine_gives_what_is_drawn(answered: Values, name: str) -> None:
    story: Story = STORIES[name]
    assert differences(story, {day: answered[name, day] for day in story.days}) == {}
