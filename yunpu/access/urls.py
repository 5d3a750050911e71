from django.urls import path

from yunpu.access import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("password/", views.ChangePassword.as_view(), name="change-password"),
    path("profile/", views.Profile.as_view(), name="profile"),
    path("language/", views.Language.as_view(), name="language"),
    path("new-user/", views.NewUser.as_view(), name="new-user"),
    path("users/<int:pk>/reset-password/", views.ResetPassword.as_view(), name="reset-password"),
    path("users/<int:pk>/give-role/", views.GiveRole.as_view(), name="give-role"),
    path("users/<int:pk>/close-or-open/", views.CloseOrOpen.as_view(), name="close-or-open"),
    path("roles/", views.Roles.as_view(), name="roles"),
    path("grants/<int:pk>/end/", views.EndRole.as_view(), name="end-role"),
]
