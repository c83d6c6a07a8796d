"""Errors as sentences, by status, and their way through a pickle."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime

import pytest

from batch_tui.api import errors
from batch_tui.api.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    BatchAPIError,
    CreateUncertain,
    CredentialsError,
    TruncatedResults,
    error_from_response,
)


def envelope(message: str = "Gone.", **more: object) -> bytes:
    return json.dumps({"type": "error", "error": {"type": "some_error", "message": message}, **more}).encode()


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (402, "PaymentRequiredError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (408, "RequestTimeoutError"),
        (409, "ConflictError"),
        (412, "PreconditionFailedError"),
        (413, "ContentTooLargeError"),
        (418, "APIStatusError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (431, "RequestHeaderFieldsTooLargeError"),
        (499, "ClientClosedRequestError"),
        (500, "InternalServerError"),
        (501, "HTTPNotImplementedError"),
        (503, "ServiceUnavailableError"),
        (504, "GatewayTimeoutError"),
        (520, "InternalServerError"),
        (529, "OverloadedError"),
    ],
)
def test_each_status_has_its_class(status: int, name: str) -> None:
    error = error_from_response(status, {}, envelope())
    assert type(error) is getattr(errors, name)
    assert isinstance(error, errors.InternalServerError) == (status >= 500)


def test_sentence_names_status_category_and_request() -> None:
    body = b'{"type":"error","error":{"type":"not_found_error","message":"Message Batch msgbatch_x not found."}}'
    error = error_from_response(404, {"request-id": "req_1"}, body)
    assert str(error) == "404 not_found_error: Message Batch msgbatch_x not found. (request req_1)"
    assert (error.type, error.status_code, error.request_id) == ("not_found_error", 404, "req_1")


def test_request_id_is_taken_from_the_body_when_no_header_has_it() -> None:
    assert error_from_response(500, {}, envelope(request_id="req_2")).request_id == "req_2"


def test_error_code_and_details() -> None:
    details = {"error_code": "enforced_spend_limit_reached"}
    body = json.dumps({"error": {"type": "rate_limit_error", "message": "m", "details": details}}).encode()
    error = error_from_response(429, {}, body, retry_after=7.0)
    assert (error.error_code, error.details, error.retry_after) == (details["error_code"], details, 7.0)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><head><title>502 Bad Gateway</title></head></html>", "an HTML page titled '502 Bad Gateway'"),
        (b"<!DOCTYPE html><p>no", "an HTML page"),
        (b"", "an empty body"),
        (b"upstream connect error\nmore", "text starting 'upstream connect error'"),
        (b'{"detail":"x"}', "JSON of another shape"),
        (b'{"detail":', "broken JSON"),
        (b"\xff\xfe", "text starting"),
    ],
)
def test_a_body_that_is_no_api_error_is_described(body: bytes, said: str) -> None:
    error = error_from_response(502, {}, body)
    assert said in str(error)
    assert error.type is None


def test_lone_surrogates_in_a_message_can_be_printed() -> None:
    error = error_from_response(400, {}, rb'{"error":{"type":"t","message":"a\ud83d b"}}')
    assert str(error).encode() == "400 t: a\ufffd b".encode()


SAMPLES = [
    BatchAPIError("m"),
    CredentialsError("m"),
    APIError("m", request_id="req_1"),
    APIConnectionError("m"),
    APITimeoutError("m", request_id="req_1"),
    TruncatedResults("m", rows_read=3, bytes_read=70, request_id="req_1"),
    APIResponseValidationError("m", status_code=200),
    error_from_response(429, {"request-id": "req_1"}, envelope(), retry_after=2.5),
    CreateUncertain(sent_at=datetime(2026, 11, 22, tzinfo=UTC), count=2, cause=APITimeoutError("late.")),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_survives_a_pickle(error: BatchAPIError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    for name, value in vars(error).items():
        if name != "cause":
            assert getattr(back, name) == value


def test_the_tree() -> None:
    assert issubclass(TruncatedResults, APIConnectionError)
    assert issubclass(APITimeoutError, APIConnectionError)
    for kind in (APIStatusError, APIConnectionError, APIResponseValidationError, CreateUncertain):
        assert issubclass(kind, APIError)
    assert not issubclass(CredentialsError, APIError)


def test_create_uncertain_says_what_to_do() -> None:
    error = CreateUncertain(sent_at=datetime(2026, 11, 22, tzinfo=UTC), count=2000, cause=APITimeoutError("Late."))
    assert str(error) == (
        "It is not known whether the server created this batch of 2,000 requests, sent at "
        "2026-11-22 00:00:00+00:00: Late. Look for it in the list before sending it again."
    )
