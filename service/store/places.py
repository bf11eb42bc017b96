"""Tables of grid cells and sites."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import Base
from service.store.people import Unit

__all__ = ["Grid", "Site"]


class Grid(Base):
    """A cell of the town's grid, or what lies above it: 片区, 村社, 四级网格, 五级网格."""

    __tablename__ = "grids"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(15), unique=True)  # 所在单元网格 of GB/T 47678.5
    name: Mapped[str] = mapped_column(String(100))
    level: Mapped[int]  # 2 area (片区), 3 village or community (村社), 4, 5
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("grids.id", deferrable=True), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)  # which answers for it
    head: Mapped[str] = mapped_column(String(50), default="")  # 网格长
    head_phone: Mapped[str] = mapped_column(String(30), default="")
    contact: Mapped[str] = mapped_column(String(50), default="")  # 联络员
    contact_phone: Mapped[str] = mapped_column(String(30), default="")
    geometry: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # GeoJSON Polygon or MultiPolygon
    datum: Mapped[str] = mapped_column(String(10), default="CGCS2000")  # of the geometry: CGCS2000, WGS-84 or GCJ-02

    parent: Mapped["Grid | None"] = relationship(remote_side="Grid.id")
    unit: Mapped[Unit | None] = relationship()


class Site(Base):
    """A place that is inspected again and again (点位)."""

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    grid_id: Mapped[int | None] = mapped_column(ForeignKey("grids.id"), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    datum: Mapped[str] = mapped_column(String(10), default="WGS-84")
    standard: Mapped[str] = mapped_column(String(500), default="")  # 点位标准: what it shall look like

    grid: Mapped[Grid | None] = relationship()
