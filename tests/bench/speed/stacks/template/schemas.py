"""What crosses HTTP."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Credentials(BaseModel):
    phone: str
    password: str


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    phone: str
    role: str


class ContactIn(BaseModel):
    name: str = Field(min_length=1, max_length=200)
    kind: str = "person"
    phone: str | None = None
    email: str | None = None
    company: str | None = None
    tags: list[str] = []
    notes: str | None = None


class ContactOut(ContactIn):
    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: datetime
    updated_at: datetime


class ContactPage(BaseModel):
    items: list[ContactOut]
    total: int
    limit: int
    offset: int
