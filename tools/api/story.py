"""Tells the story of the mission with a client that was generated from the description alone.

Arguments: the address of the API, the portal's list of people, its folder of mails, the file by which its clock runs ahead,
and a file to leave a session in.
"""

import base64
import email
import hashlib
import hmac
import pathlib
import re
import struct
import sys
import time
import uuid
from email import policy

from regain_client import Client
from regain_client import models
from regain_client.api.ask import ask_for_help, ask_password, ask_username
from regain_client.api.desk import (
    desk_approve,
    desk_assign,
    desk_case,
    desk_concern,
    desk_evidence,
    desk_note,
    desk_queue,
)
from regain_client.api.link import (
    answer_for_link,
    choose_password,
    disown,
    exchange_code,
    look_at_disown,
    look_at_link,
    prove_factor_for_link,
    question_for_link,
)
from regain_client.api.security import (
    begin_app,
    change_password,
    confirm_app,
    questions,
    security,
    set_questions,
    step_up,
)
from regain_client.api.sign_in import sign_in, sign_in_factor

API, PEOPLE, MAILS, CLOCK, SESSION = sys.argv[1], *map(pathlib.Path, sys.argv[2:])
STRONG = "forty-one copper kettles whistle"
STRONGER = "nine green lamps at noon today"
counted = 0


def expect(holds, what):
    global counted
    if not holds:
        sys.exit(f"not as told: {what}")
    counted += 1


def browser():
    """Somebody's app, which keeps its cookies."""
    return Client(base_url=API, raise_on_unexpected_status=True)


def refused(answer, status, code):
    problem = answer.parsed
    got = (answer.status_code, getattr(problem, "code", None))
    expect(isinstance(problem, models.Problem) and got == (status, code), f"{status} {code}, not {got}")
    expect(problem.type_ == f"urn:regain:problem:{code}" and problem.status == status, f"{problem.type_} is whole")
    return [reason.code for reason in problem.reasons or []]


def done(answer, status=200):
    expect(answer.status_code == status, f"{status}, not {answer.status_code}: {answer.content!r}")
    return answer.parsed


def people():
    blocks = PEOPLE.read_text().split("\n\n")
    field = lambda block, name: re.search(rf"{name} +(.+)", block).group(1).strip()
    return [
        {name: field(block, name) for name in ("name", "date of birth", "record number", "e-mail", "username")}
        for block in blocks
        if "record number" in block
    ]


def mails_to(address):
    for file in sorted(MAILS.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns):
        mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        if address in mail["to"]:
            yield mail.get_body(("plain",)).get_content()


def mail_with(address, pattern, after=0):
    """What the latest mail to somebody says there, of those that came after so many."""
    for _ in range(200):
        found = [re.search(pattern, text) for text in list(mails_to(address))[after:]]
        if any(found):
            return [one for one in found if one][-1].group(1)
        time.sleep(0.1)
    sys.exit(f"no mail to {address} has {pattern}")


LINK = r"/recovery/link\?token=([\w-]+)"
LETTER = r"/recovery/disown\?letter=([\w-]+)"
CODE = r"(?m)^\s*([0-9A-Za-z]{4}-[0-9A-Za-z]{4})\s*$"


def shown_by(secret):
    """RFC 6238: six digits, SHA-1, steps of 30 seconds."""
    key = base64.b32decode(secret.replace(" ", "").upper())
    mac = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1)
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def next_code(secret, last):
    while shown_by(secret) == last:
        time.sleep(0.5)
    return shown_by(secret)


def ask(app, identifier, **more):
    return ask_password.sync_detailed(client=app, body=models.LinkAsk(identifier), **more)


def sign(app, who, password):
    return sign_in.sync_detailed(client=app, body=models.SignInTry(identifier=who["username"], password=password))


def forgotten_username(who):
    given, family = who["name"].split(" ", 1)
    day, month, year = who["date of birth"].split(" ")
    month = time.strptime(month, "%B").tm_mon
    claims = models.UsernameAsk(
        given_name=given, family_name=family, birth_date=f"{year}-{month:02}-{int(day):02}", record_number=who["record number"]
    )
    right = ask_username.sync_detailed(client=browser(), body=claims)
    claims.record_number = "MRN-0000000"
    wrong = ask_username.sync_detailed(client=browser(), body=claims)
    done(right, 202)
    expect(right.content == wrong.content and right.status_code == wrong.status_code, "asks are answered alike")
    mail_with(who["e-mail"], rf"(?m)^\s*({re.escape(who['username'])})\s*$")


def forgotten_password(who):
    app, key = browser(), str(uuid.uuid4())
    first = done(ask(app, who["username"], idempotency_key=key), 202)
    again = done(ask(app, who["username"], idempotency_key=key), 202)
    expect(first.ticket == again.ticket, "a repetition is answered alike")
    nobody = done(ask(app, "nobody", idempotency_key=key), 202)
    expect(len(nobody.ticket) == len(first.ticket) and nobody.ticket != first.ticket, "nobody is answered alike")
    token = mail_with(who["e-mail"], LINK)
    link = done(look_at_link.sync_detailed(client=app, body=models.LinkToken(token)))
    expect(not link.factor_needed and link.question == models.Gate.OPEN, "only a password is missing")
    choose = lambda password: choose_password.sync_detailed(client=app, body=models.LinkPassword(token=token, password=password))
    reasons = refused(choose("password"), 422, "password-refused")
    expect("too-short" in reasons, f"{reasons} say why")
    expect(done(choose(STRONG)).state == models.PasswordState.SET, "the password is set")
    refused(choose(STRONG), 410, "link-not-usable")
    texts = [text for text in mails_to(who["e-mail"]) if re.search(LINK, text)]
    expect(len(texts) == 1, f"one mail with a link, not {len(texts)}")


def protection(who):
    app = browser()
    refused(sign(app, who, "not the password"), 422, "not-accepted")
    refused(security.sync_detailed(client=app), 403, "not-signed-in")
    expect(done(sign(app, who, STRONG)).state == models.Stands.SIGNED_IN, "the new password signs in")
    shown = done(security.sync_detailed(client=app))
    expect(shown.addresses == [who["e-mail"]] and not shown.factors, "what is on file is shown")
    begun = done(begin_app.sync_detailed(client=app, body=models.AppNamed("My phone")), 201)
    code = shown_by(begun.secret)
    confirm = lambda code: confirm_app.sync_detailed(client=app, body=models.AppConfirmed(id=begun.id, code=code))
    refused(confirm("no code"), 422, "code-not-usable")
    codes = done(confirm(code)).codes
    expect(len(codes) == 10, "ten recovery codes are shown")
    offered = done(questions.sync_detailed(client=app)).questions
    answers = [models.QuestionAnswered(answer=text, question=one.code) for one, text in zip(offered, ["Old quarry", "Aldermoor", "Blue Herons"])]
    chosen = models.QuestionsAnswered(answers)
    refused(set_questions.sync_detailed(client=app, body=chosen), 403, "step-up-required")
    code = next_code(begun.secret, code)
    done(step_up.sync_detailed(client=app, body=models.StepUp(password=STRONG, code=code)))
    done(set_questions.sync_detailed(client=app, body=chosen))

    other = browser()
    state = done(sign(other, who, STRONG))
    expect(state.state == models.Stands.FACTOR_NEEDED and "totp" in state.factor_kinds, "the second step is asked for")
    refused(security.sync_detailed(client=other), 403, "not-signed-in")
    second = lambda code: sign_in_factor.sync_detailed(client=other, body=models.SecondStep(code=code, ticket=state.ticket))
    refused(second("none"), 422, "factor-not-accepted")
    expect(done(second(codes[0])).state == models.Stands.SIGNED_IN, "a recovery code is the second step")
    return begun.secret, code, dict(zip([one.text for one in offered], ["Old quarry", "Aldermoor", "Blue Herons"]))


def protected_recovery(who, secret, last, answers):
    app, before = browser(), len(list(mails_to(who["e-mail"])))
    ticket = done(ask(app, who["e-mail"]), 202).ticket
    code = mail_with(who["e-mail"], CODE, after=before)
    token = done(exchange_code.sync_detailed(client=app, body=models.CodeTyped(code=code, ticket=ticket))).token
    choose = lambda: choose_password.sync_detailed(client=app, body=models.LinkPassword(token=token, password=STRONGER))
    refused(choose(), 403, "factor-needed")
    proof = models.LinkFactor(code=next_code(secret, last), token=token)
    done(prove_factor_for_link.sync_detailed(client=app, body=proof))
    refused(choose(), 403, "question-needed")
    question = done(question_for_link.sync_detailed(client=app, body=models.LinkToken(token))).question
    answer = models.LinkAnswer(answer=answers[question], token=token)
    done(answer_for_link.sync_detailed(client=app, body=answer))
    done(choose())


def not_me(who):
    app = browser()
    done(ask(app, who["username"]), 202)
    letter, token = mail_with(who["e-mail"], LETTER), mail_with(who["e-mail"], LINK)
    view = done(look_at_disown.sync_detailed(client=app, body=models.LetterToken(letter)))
    expect(view.hold_seconds == 86_400, "a day on hold")
    done(disown.sync_detailed(client=app, body=models.Disowning(letter=letter)))
    refused(look_at_link.sync_detailed(client=app, body=models.LinkToken(token)), 410, "link-not-usable")


def of_staff(name):
    """Somebody's program at the desk. Whatever it is told is looked through."""
    return Client(base_url=API, raise_on_unexpected_status=True, cookies={"staff": name})


def stuck(who):
    plea = models.HelpAsk("My phone is gone.", reach="+1 555 0199")
    once = {"client": browser(), "body": plea, "idempotency_key": str(uuid.uuid4())}
    number = done(ask_for_help.sync_detailed(**once), 202).number
    expect(done(ask_for_help.sync_detailed(**once), 202).number == number, "what is written twice is one case")
    ida, jon, told = of_staff("ida"), of_staff("jon"), []

    def at_the_desk(answer, status=200):
        told.append(answer.content.decode())
        return done(answer, status)

    refused(desk_queue.sync_detailed(client=browser()), 403, "not-staff")
    queue = at_the_desk(desk_queue.sync_detailed(client=ida))
    listed = next(one for one in queue.cases if one.number == number)
    case = at_the_desk(desk_case.sync_detailed(client=ida, id=listed.case))
    expect(case.plea.text == "My phone is gone." and case.state == models.CaseStateKind.OPENED, "staff read what was written")
    seen = lambda: {"case": case.case, "version": case.version}
    case = at_the_desk(desk_assign.sync_detailed(client=ida, body=models.CaseAssigned(to="ida", **seen())))
    stale = models.CaseNoted(case=case.case, version=case.version - 1, text="too late")
    refused(desk_note.sync_detailed(client=jon, body=stale), 409, "case-changed")
    named = models.CaseConcerned(account=who["username"], **seen())
    case = at_the_desk(desk_concern.sync_detailed(client=ida, body=named))
    shown = models.CaseEvidence(
        kind=models.EvidenceKind.PHOTO_ID_IN_PERSON, level=models.Ial.IAL2, need=models.Need.PASSWORD, **seen()
    )
    case = at_the_desk(desk_evidence.sync_detailed(client=ida, body=shown))
    decision = models.CaseApproved(need=models.Need.PASSWORD, to=case.addresses[0].reference, **seen())
    refused(desk_approve.sync_detailed(client=ida, body=decision), 422, "second-person-needed")
    case = at_the_desk(desk_approve.sync_detailed(client=jon, body=decision))
    expect(case.state == models.CaseStateKind.APPROVED and case.approval.by == "jon", "a second person agrees")
    expect(not [text for text in mails_to(who["e-mail"]) if re.search(LINK, text)], "the case waits")
    CLOCK.write_text(str(24 * 60 * 60 + 60))
    token = mail_with(who["e-mail"], LINK)
    case = at_the_desk(desk_case.sync_detailed(client=jon, id=case.case))
    expect(case.state == models.CaseStateKind.ACTED and not case.steps, "the link is sent")
    for secret in [token, mail_with(who["e-mail"], LETTER), who["e-mail"], "token"]:
        expect(not any(secret in body for body in told), "staff are told no secret")
    chosen = models.LinkPassword(token=token, password=STRONG)
    expect(done(choose_password.sync_detailed(client=browser(), body=chosen)).state == models.PasswordState.SET, "it works")


def left_signed_in(who):
    app = browser()
    done(sign(app, who, STRONG))
    change = models.PasswordChange(password=STRONGER, present=STRONG)
    done(change_password.sync_detailed(client=app, body=change))
    done(sign(app, who, STRONGER))
    cookies = app.get_httpx_client().cookies
    SESSION.write_text("; ".join(f"{name}={value}" for name, value in cookies.items()))


ana, bea, eve = people()[:3]
forgotten_username(ana)
forgotten_password(ana)
protected_recovery(ana, *protection(ana))
not_me(bea)
stuck(eve)
left_signed_in(eve)
print(f"the story is told: {counted} checks")
