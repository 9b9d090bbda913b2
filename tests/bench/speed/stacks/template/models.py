"""Tables with numbers as keys; each row of a tenant carries the tenant's."""

from datetime import datetime

from sqlalchemy import ARRAY, Boolean, Column, DateTime, ForeignKey, Integer, String, Text, func
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True, index=True)
    phone = Column(String, unique=True, index=True, nullable=False)
    password_hash = Column(String, nullable=False)
    role = Column(String, nullable=False, default="user")
    is_active = Column(Boolean, default=True, server_default="true")


class Tenant(Base):
    __tablename__ = "tenants"

    id = Column(Integer, primary_key=True, index=True)
    name = Column(String, unique=True, nullable=False)
    domain = Column(String, unique=True, nullable=True)


class Membership(Base):
    __tablename__ = "memberships"

    tenant_id = Column(ForeignKey("tenants.id"), primary_key=True)
    user_id = Column(ForeignKey("users.id"), primary_key=True)


class Contact(Base):
    __tablename__ = "contacts"

    id = Column(Integer, primary_key=True)
    tenant_id = Column(ForeignKey("tenants.id"), nullable=False, index=True)
    kind = Column(String, nullable=False, default="person")
    name = Column(String, nullable=False)
    phone = Column(String)
    email = Column(String)
    company = Column(String)
    tags = Column(ARRAY(Text), nullable=False, default=list)
    notes = Column(Text)
    created_at: Column[datetime] = Column(DateTime(timezone=True), server_default=func.now())
    updated_at: Column[datetime] = Column(DateTime(timezone=True), server_default=func.now())
