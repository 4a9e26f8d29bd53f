"""Templates place what they are given: they loop, ask whether something is there, and escape."""

import pytest
from jinja2 import nodes

from experiments.report.rendering import environment

PLACING = {
    "Template", "Output", "TemplateData", "Const", "Name", "NSRef", "Tuple", "Getattr", "For", "If",
    "CondExpr", "Not", "Filter", "Include", "FromImport", "Macro", "Call",
}  # fmt: skip
"""The parts of a template that compute nothing; no comparison, index, slice or arithmetic is."""

ESCAPING = {"text", "urlencode"}
"""The filters: a text in the template's format, and the name of a file in an address."""

LOOP = {"last", "index"}
"""What is asked of a loop."""

TEMPLATES = sorted(environment().list_templates())


def macros(template):
    """The macros that a template may call: its own, and those it takes from another."""
    own = {macro.name for macro in template.find_all(nodes.Macro)}
    taken = template.find_all(nodes.FromImport)
    return own | {name for found in taken for name in found.names}


def computed(name):
    """Every part of a template that does more than place what it is given."""
    environment_of = environment(html=name.endswith(".html.j2"))
    source, _, _ = environment_of.loader.get_source(environment_of, name)
    template = environment_of.parse(source)
    known = macros(template)
    for node in template.find_all(nodes.Node):
        kind, place = type(node).__name__, f"{name}:{node.lineno}"
        if kind not in PLACING and not isinstance(node, nodes.EvalContext | nodes.Operand):
            yield f"{place}: {kind}"
        elif isinstance(node, nodes.Filter) and (node.name not in ESCAPING or node.args):
            yield f"{place}: the filter {node.name}"
        elif isinstance(node, nodes.Call) and getattr(node.node, "name", "") not in known:
            yield f"{place}: a call"
        elif isinstance(node, nodes.Getattr) and getattr(node.node, "name", "") == "loop":
            yield from (f"{place}: loop.{name}" for name in {node.attr} - LOOP)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_computes_nothing(name):
    assert list(computed(name)) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_knows_no_functions(name):
    """What is not given to a template is not there: no function is among what all of them know."""
    shared = environment(html=name.endswith(".html.j2"))
    source, _, _ = shared.loader.get_source(shared, name)
    names = {node.name for node in shared.parse(source).find_all(nodes.Name) if node.ctx == "load"}
    assert not names & shared.globals.keys()


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name.endswith(".md.j2")])
def test_a_text_of_a_record_is_escaped_where_it_is_written(name):
    """In Markdown; HTML escapes by itself. Numbers, verdicts and what is marked already are not."""
    source, _, _ = environment().loader.get_source(environment(), name)
    bare = {"number", "index", "answer", "outcome", "outcomes", "verdicts", "effect", "mark"}
    for output in environment().parse(source).find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.Getattr | nodes.Name):
                told = node.attr if isinstance(node, nodes.Getattr) else node.name
                assert told in bare, f"{name}:{node.lineno}: {told}"
