"""All addresses of the site, except those of the Desk (learn/admin.py) and of the quizzes app."""

from allauth.account import views as accounts
from django.contrib import admin
from django.urls import include, path

from learn import languages, looks, views
from learn.account.views import code, email, password, places, record, sso, two_step
from learn.assignments import views as assignments
from learn.desk.admin import digest
from learn.handouts import views as handouts
from learn.lessons import views as lessons
from learn.progress import standing
from learn.study import returning
from learn.study import views as study
from learn.visits import views as visits
from quizzes import views as quizzes

handler403 = views.refused
handler500 = views.stumbled

urlpatterns = [
    path("", study.start, name="start"),
    path("lessons/", study.therapies, name="therapies"),
    path("lessons/<slug:therapy>/", study.therapy, name="therapy"),
    path("lessons/<slug:therapy>/<slug:lesson>/", study.lesson, name="lesson"),
    path("lessons/<slug:therapy>/<slug:lesson>/<number:n>/", study.step, name="step"),
    path("lessons/<slug:therapy>/<slug:lesson>/print/", lessons.on_paper, name="lesson_print"),
    path("lessons/<slug:therapy>/<slug:lesson>/changes/", returning.changes, name="changes"),
    path("check/<slug:lesson>/", study.check, name="check"),
    path("check/<slug:lesson>/last-result/", study.last_result, name="last_result"),
    path("check/", include("quizzes.urls")),
    path("review/", quizzes.review, {"language": languages.of_page, "helped": looks.helped}, name="review"),
    path("my/", study.my, name="my"),
    path("my/reminders/", assignments.reminders, name="reminders"),
    path("my/reminders/on/<str:token>/", assignments.turn_on, name="reminders_on"),
    path("digest/stop/<str:token>/", digest.stop, name="digest_stop"),
    path("my/reminders/stop/<str:token>/", assignments.turn_off, name="reminders_stop"),
    path("my/pages/", returning.kept_pages, name="kept_pages"),
    path("my/questions/", visits.questions, {"lessons_read": standing.lessons_read}, name="questions"),
    path("my/keep/", record.keep, name="keep"),
    path("my/keep/code/", record.new_code, name="new_code"),
    path("my/keep/email/", email.ask, {"keep": True}, name="email_keep"),
    path("my/keep/email/code/", email.code, {"keep": True}, name="email_keep_code"),
    path("my/keep/email/remove/", email.remove, name="email_remove"),
    path("my/password/", password.password, name="password"),
    path("my/finish/", record.finish, name="finish"),
    path("my/finished/", record.gone, {"erased": False}, name="finished"),
    path("my/signed-in/", places.places, name="places"),
    path("my/data/", record.my_data, name="my_data"),
    path("my/data/file/", record.my_data_file, name="my_data_file"),
    path("my/data/stop/", record.stop_sharing, name="stop_sharing"),
    path("my/data/erase/", record.erase, name="erase"),
    path("my/data/erased/", record.gone, {"erased": True}, name="erased"),
    path("code/", code.code, name="code"),
    path("code/bring/", code.merge, name="bring"),
    path("code/in/", code.arrived, name="arrived"),
    path("j/", code.card, name="card"),
    path("j/<str:token>/", code.link, name="join"),
    path("email/", email.ask, {"keep": False}, name="email_in"),
    path("email/code/", email.code, {"keep": False}, name="email_in_code"),
    path("find/", lessons.find, name="find"),
    path("words/", lessons.words, name="words"),
    path("helping/", lessons.helping, name="helping"),
    path("print/", handouts.on_paper, name="on_paper"),
    path("print/overview.pdf", handouts.overview, name="pdf_overview"),
    path("print/card.pdf", handouts.wallet, name="pdf_wallet"),
    path("print/questions.pdf", handouts.questions, name="pdf_questions"),
    path("print/therapy/<slug:therapy>.pdf", handouts.therapy, name="pdf_therapy"),
    path("print/lesson/<slug:lesson>.pdf", handouts.lesson, name="pdf_lesson"),
    path("more/", views.page, {"name": "more"}, name="more"),
    path("about/", views.page, {"name": "about"}, name="about"),
    path("privacy/", views.page, {"name": "privacy"}, name="privacy"),
    path("accessibility/", views.page, {"name": "accessibility"}, name="accessibility"),
    path("help/", views.help_page, name="help"),
    path("help/changes/", returning.card_changes, name="card_changes"),
    path("language/", views.language, name="language"),
    path("settings/", views.look, name="settings"),
    path("stay/", views.stay, name="stay"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("accounts/login/", accounts.login, name="account_login"),
    path("accounts/signup/", accounts.signup, name="account_signup"),
    path("accounts/logout/", accounts.logout, name="account_logout"),
    path("accounts/hospital/", sso.begin, name="sso"),
    path("accounts/hospital/back/", sso.come_back, name="sso_back"),
    path("accounts/again/", two_step.once_more, name="again"),
    path("accounts/two-step/", two_step.overview, name="two_step"),
    path("accounts/two-step/code/", two_step.code, name="two_step_code"),
    path("accounts/two-step/app/", two_step.app, name="two_step_app"),
    path("accounts/two-step/passkey/", two_step.passkey, name="two_step_passkey"),
    path("accounts/two-step/recovery/", two_step.codes, name="two_step_codes"),
    path("accounts/two-step/remove/", two_step.remove, name="two_step_remove"),
    path("admin/", admin.site.urls),
]
