"""Addresses of outreach's own screens; those of its registers come by themselves."""

from django.urls import path

from yunpu.domains.outreach.views import (
    AttendanceListView,
    CalendarView,
    ImportAttendanceView,
    SignInSheetView,
)

urlpatterns = [
    path("calendar/", CalendarView.as_view(), name="calendar"),
    path("calendar/<int:year>/<int:month>/", CalendarView.as_view(), name="calendar-month"),
    path("activities/<int:pk>/sheet/", SignInSheetView.as_view(), name="sign-in-sheet"),
    path("activities/<int:pk>/attendance.xlsx", AttendanceListView.as_view(), name="attendance-form"),
    path("activities/<int:pk>/import/", ImportAttendanceView.as_view(), name="import-attendance"),
]
