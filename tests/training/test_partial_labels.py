from typing import Any

import numpy as np
import pytest

from vision.categories import NAMES
from vision.training.partial_labels import add_regions, partial_label_loss, region_classes

ANNOTATED = {
    "walls": ["illegal_posting", "graffiti"],
    "doors": ["graffiti", "illegal_posting"],
    "streets": list(NAMES),
    "bins": ["bin", "overflowing_bin"],
}


def test_sources_that_leave_out_the_same_categories_share_a_region_class() -> None:
    classes = region_classes(ANNOTATED)
    assert sorted(classes.values()) == [len(NAMES), len(NAMES) + 1]
    assert {name for name in NAMES if name not in ("bin", "overflowing_bin")} in [set(names) for names in classes]


def test_every_photo_of_a_partly_labelled_source_gets_its_region() -> None:
    labels: list[dict[str, Any]] = [
        {"im_file": f"/x/{name}__a.png", "cls": np.ones((1, 1), np.float32), "bboxes": np.ones((1, 4), np.float32)}
        for name in ANNOTATED
    ]
    add_regions(labels, ANNOTATED)
    assert [len(label["cls"]) for label in labels] == [2, 2, 1, 2]
    assert labels[0]["cls"][1] == labels[1]["cls"][1] != labels[3]["cls"][1]
    assert labels[0]["bboxes"][1].tolist() == [0.5, 0.5, 1, 1]
    assert labels[0]["bboxes"].dtype == np.float32


@pytest.fixture(scope="module")
def torch() -> Any:
    pytest.importorskip("ultralytics", reason="the extra train is not installed")
    return pytest.importorskip("torch")


@pytest.fixture(scope="module")
def network(torch: Any) -> Any:
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    model = DetectionModel("yolo11n.yaml", nc=len(NAMES), verbose=False).train()
    model.args = get_cfg()
    return model


def score_gradients(torch: Any, network: Any, loss: Any, targets: list[tuple[int, list[float]]]) -> Any:
    """Gradients (anchors, categories) of the classification loss by the scores, for one photo of 64 pixels."""
    preds = network(torch.full((1, 3, 64, 64), 0.5))
    preds["scores"].retain_grad()
    batch = {
        "batch_idx": torch.zeros(len(targets)),
        "cls": torch.tensor([[float(number)] for number, _ in targets]),
        "bboxes": torch.tensor([box for _, box in targets]),
    }
    loss.loss(preds, batch)[0][1].backward()
    return preds["scores"].grad[0].T


def test_what_nobody_has_looked_for_is_no_background(torch: Any, network: Any) -> None:
    litter, graffiti = NAMES.index("litter"), NAMES.index("graffiti")
    loss = partial_label_loss([[name == "litter" for name in NAMES]])(network)
    left_half = (len(NAMES), [0.25, 0.5, 0.5, 1.0])
    gradients = score_gradients(torch, network, loss, [left_half, (graffiti, [0.3, 0.3, 0.3, 0.3])])
    fine = gradients[:64].reshape(8, 8, -1)  # anchors of stride 8, row by row
    assert (fine[:, :4, litter] == 0).all()
    assert (fine[:, 4:, litter] > 0).all()
    assert (fine[..., graffiti] != 0).all()


def test_without_regions_it_is_the_ordinary_loss(torch: Any, network: Any) -> None:
    from ultralytics.utils.loss import v8DetectionLoss

    targets = [(NAMES.index("bin"), [0.5, 0.5, 0.4, 0.4])]
    masked = score_gradients(torch, network, partial_label_loss([])(network), targets)
    ordinary = score_gradients(torch, network, v8DetectionLoss(network), targets)
    assert torch.equal(masked, ordinary)


def test_both_heads_of_an_end_to_end_model_are_masked(torch: Any) -> None:
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel
    from ultralytics.utils.loss import E2ELoss

    torch.manual_seed(0)
    model = DetectionModel("yolo26n.yaml", nc=len(NAMES), verbose=False).train()
    model.args = get_cfg()
    preds = model(torch.full((1, 3, 64, 64), 0.5))
    heads = [preds["one2many"], preds["one2one"]]
    for head in heads:
        head["scores"].retain_grad()
    loss = E2ELoss(model, partial_label_loss([[name == "litter" for name in NAMES]]))
    whole = {"batch_idx": torch.zeros(1), "cls": torch.tensor([[7.0]]), "bboxes": torch.tensor([[0.5, 0.5, 1.0, 1.0]])}
    loss(preds, whole)[0].sum().backward()
    for head in heads:
        nonzero = (head["scores"].grad[0] != 0).any(dim=1)
        assert [name for name, used in zip(NAMES, nonzero.tolist(), strict=True) if not used] == ["litter"]
